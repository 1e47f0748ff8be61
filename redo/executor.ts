import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { shellWord } from '../core/shell.ts'
import type { Mailbox } from './mailbox.ts'
import type { SignalName } from './signals.ts'

/** One descriptor of a process to be started, as spawn() takes it. */
export type Inherited = 'ignore' | 'inherit' | number

/** How the end of a script is told. */
export interface Ending {
  readonly status: number
  readonly signal: NodeJS.Signals | undefined
  /** The script could not even be started. */
  readonly error: Error | undefined
}

/** What `redo_job` in bin/redo/executor.sh has as arguments. */
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
 *
 * A shell has one fifo of the mailbox for its life. There it reads what to do, and the script that it
 * runs reads the answers to its questions. The end of the file is the end of the shell.
 */
export class Executors {
  readonly #mailbox: Mailbox
  readonly #start: (read: number, slot: number) => ChildProcess
  readonly #idle: Executor[] = []
  readonly #bySlot = new Map<number, Executor>()

  constructor(options: {
    readonly commands: string
    readonly ignored: readonly SignalName[]
    readonly mailbox: Mailbox
    readonly environment: NodeJS.ProcessEnv
    /** What the shells inherit beside their fifo and the `ask` of the mailbox. */
    readonly stdio: readonly Inherited[]
    readonly ask: number
  }) {
    this.#mailbox = options.mailbox
    const { commands, ignored } = options
    const begin = `redo_ignored=${shellWord(ignored.join(' '))}; . ${shellWord(`${commands}/executor.sh`)}`
    this.#start = (read, slot) => {
      const stdio = [...options.stdio]
      stdio[0] = stdio[9] = read
      stdio[2] = 'inherit'
      stdio[8] = options.ask
      const words = ['-c', `redo_line=${slot}; ${begin}`]
      return spawnScript('sh', words, { detached: true, stdio, env: options.environment })
    }
  }

  run(call: Call, ended: (ending: Ending) => void): ChildProcess {
    const executor = this.#idle.pop() ?? this.#add()
    executor.ended = ended
    this.#mailbox.write(executor.slot, `set -- ${call.map(wordOfLine).join(' ')}; eval "$redo_job"\n`)
    return executor.child
  }

  /** A shell says that the script in its subshell has ended, or one that waited for a script. */
  ended(slot: number, status: number): void {
    const executor = this.#bySlot.get(slot)
    if (executor === undefined) return
    const { ended } = executor
    executor.ended = undefined
    if (status > 128) {
      // The shell ends as well, see bin/redo/executor.sh.
      this.#forget(executor)
      this.#mailbox.closeLine(slot)
    } else if (ended !== undefined) {
      this.#mailbox.hangUp(slot)
      this.#idle.push(executor)
    }
    ended?.({ status, signal: undefined, error: undefined })
  }

  #add(): Executor {
    const { slot, read } = this.#mailbox.openLine()
    const executor: Executor = { child: this.#start(read, slot), slot, ended: undefined }
    closeSync(read)
    this.#bySlot.set(slot, executor)
    const died = (ending: Ending) => {
      if (this.#bySlot.get(slot) !== executor) return
      // It has said how its script ended, which is read yet.
      if (ending.status === 0 && ending.signal === undefined) return
      this.#forget(executor)
      if (executor.ended === undefined) return
      // A shell that was killed alone leaves its script behind, which would write what nobody waits for.
      signalGroup(executor.child, 'SIGKILL')
      this.#mailbox.closeLine(slot)
      executor.ended(ending)
    }
    executor.child.once('error', error => died({ status: 127, signal: undefined, error }))
    executor.child.once('exit', (status, signal) =>
      died({ status: status ?? 1, signal: signal ?? undefined, error: undefined }),
    )
    return executor
  }

  #forget(executor: Executor): void {
    this.#bySlot.delete(executor.slot)
    const at = this.#idle.indexOf(executor)
    if (at >= 0) this.#idle.splice(at, 1)
  }
}

/** A word of a command that is read as one line: newlines by a variable of bin/redo/client.sh. */
function wordOfLine(text: string): string {
  return shellWord(text).replaceAll('\n', `'"$redo_newline"'`)
}

/** Starts what is to have the descriptors of the jobserver; an error says why it cannot. */
export function spawnScript(program: string, words: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(program, words, options)
  } catch (error) {
    const tooHigh = error instanceof Error && (error as NodeJS.ErrnoException).code === 'EINVAL'
    if (tooHigh)
      error.message =
        'the limit of open files is too low for the descriptors of the jobserver, 100 and 101: raise it, as by ulimit -n 1024'
    throw error
  }
}

interface Executor {
  readonly child: ChildProcess
  readonly slot: number
  /** Who waits for the end of the script; undefined while there is none. */
  ended: ((ending: Ending) => void) | undefined
}

/** Signals a child, which leads a group of its own, and all that it started. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended meanwhile, and left nothing.
  }
}
