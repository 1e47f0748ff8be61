import { type ChildProcess, spawn } from 'node:child_process'

/** How the end of a script is told. */
export interface Ending {
  readonly status: number
  readonly signal: NodeJS.Signals | undefined
  /** The script could not even be started. */
  readonly error: Error | undefined
}

/** What `redo_job` in bin/redo/executor.sh is called with. */
export type Call = readonly [
  folder: string,
  doFile: string,
  target: string,
  stem: string,
  temporary: string,
  stdout: string,
  log: string,
  job: string,
  slot: string,
  errexit: '-e' | '+e',
]

/**
 * Shells that stay, each of which runs one script at a time in a subshell. A script that waits keeps
 * its shell, so there are as many as scripts were ever begun at one time.
 */
export class Executors {
  readonly #start: () => ChildProcess
  readonly #idle: Executor[] = []
  readonly #busy = new Map<number, Executor>()

  constructor(options: {
    readonly commands: string
    readonly environment: NodeJS.ProcessEnv
    readonly stdio: ('ignore' | 'pipe' | 'inherit' | number)[]
  }) {
    this.#start = () => {
      const child = spawn('sh', ['-s'], {
        detached: true,
        stdio: options.stdio,
        env: { ...options.environment, REDO_COMMANDS: options.commands },
      })
      child.stdin?.on('error', () => {})
      child.stdin?.write(`. ${quoted(`${options.commands}/executor.sh`)}\n`)
      return child
    }
  }

  run(call: Call, ended: (ending: Ending) => void): ChildProcess {
    const executor = this.#idle.pop() ?? this.#add()
    this.#busy.set(Number(call[7]), executor)
    executor.ended = ended
    executor.child.stdin?.write(`redo_job ${call.map(quoted).join(' ')}\n`)
    return executor.child
  }

  /** A shell says that the script of a job has ended. */
  ended(job: number, status: number): void {
    const executor = this.#busy.get(job)
    if (executor === undefined) return
    this.#busy.delete(job)
    this.#idle.push(executor)
    executor.ended({ status, signal: undefined, error: undefined })
  }

  close(): void {
    for (const { child } of this.#idle) child.stdin?.end()
  }

  #add(): Executor {
    const executor: Executor = { child: this.#start(), ended: () => {} }
    const died = (ending: Ending) => {
      const at = this.#idle.indexOf(executor)
      if (at >= 0) this.#idle.splice(at, 1)
      for (const [job, one] of this.#busy) {
        if (one !== executor) continue
        this.#busy.delete(job)
        executor.ended(ending)
      }
    }
    executor.child.once('error', error => died({ status: 127, signal: undefined, error }))
    executor.child.once('exit', (status, signal) =>
      died({ status: status ?? 1, signal: signal ?? undefined, error: undefined }),
    )
    return executor
  }
}

interface Executor {
  readonly child: ChildProcess
  ended: (ending: Ending) => void
}

/** A word of sh, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
