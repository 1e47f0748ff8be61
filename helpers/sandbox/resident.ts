import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

/** How a script that a resident shell ran came to its end. */
interface Passed {
  /** What was written to the status descriptor meanwhile. */
  readonly told: string
  /** As the shell has it: 128 + N after signal N. */
  readonly status: number
}

/**
 * A shell that stays and starts sandboxes, one at a time. To fork a node process takes longer than
 * everything else about the start of a sandbox, for all of its memory is marked then to be copied.
 */
export class Resident {
  readonly #child: ChildProcess
  #told = ''
  #ended: ((passed: Passed | undefined) => void) | undefined

  private constructor(child: ChildProcess) {
    this.#child = child
    const status = child.stdio[STATUS] as Readable
    status.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    child.once('close', () => this.#end(undefined))
    child.once('error', () => this.#end(undefined))
    // It says why by its end.
    child.stdin?.on('error', () => {})
  }

  /**
   * The command `words` has to become a sh that reads its stdin, and should die with this process. Its
   * environment is empty. Undefined when there is no such shell in the end.
   */
  static async open([program, ...words]: readonly [string, ...string[]]): Promise<Resident | undefined> {
    const resident = new Resident(
      spawn(program, words, {
        // A group of its own, so that it can be killed with what it has started.
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
        cwd: '/',
        env: {},
      }),
    )
    const { status } = (await resident.run(':')) ?? {}
    return status === 0 ? resident : undefined
  }

  /**
   * Runs a script in a subshell, where descriptor 3 is the one to tell the status on. Undefined when the
   * shell is gone.
   */
  run(script: string): Promise<Passed | undefined> {
    return new Promise(resolve => {
      const { stdin, exitCode, signalCode } = this.#child
      if (exitCode !== null || signalCode !== null || stdin?.writable !== true) return resolve(undefined)
      this.#told = ''
      this.#ended = resolve
      ;(stdin as Writable).write(`(\n${script}\n)\necho "ended $?" >&${STATUS}\n`)
    })
  }

  /** Kills it and all that it started, but for what made a session of its own. */
  kill(): void {
    if (this.#child.pid === undefined) return
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It has ended before.
    }
  }

  #hear(text: string): void {
    this.#told += text
    const end = /^ended (\d+)\n$/m.exec(this.#told)
    if (end !== null) this.#end({ told: this.#told, status: Number(end[1]) })
  }

  #end(passed: Passed | undefined): void {
    this.#ended?.(passed)
    this.#ended = undefined
  }
}

const STATUS = 3
