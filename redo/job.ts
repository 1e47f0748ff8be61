import type { ChildProcess } from 'node:child_process'
import { quoted } from '../core/message.ts'
import type { Console, Transcript } from './console.ts'
import type { FileNode, Making } from './graph.ts'
import type { Scheduler } from './scheduler.ts'
import type { Stamp } from './stamp.ts'
import { Stopwatch } from './stopwatch.ts'
import type { Task } from './task.ts'
import type { Trace } from './trace.ts'

/** A script that runs, with a token but while it waits, and what it has said so far about its target. */
export class Job {
  readonly number: number
  readonly task: Task
  readonly transcript: Transcript
  readonly console: Console
  child: ChildProcess | undefined
  /** How long it has run, without the time that it waited for others. */
  readonly clock = new Stopwatch()
  readonly absent = new Set<FileNode>()
  always = false
  digest: string | undefined
  /** Something that it asked for could not be had. */
  refused = false
  /** It was told to end: whatever it made is not to be trusted. */
  stopped = false
  readonly #rule: FileNode
  /** With the version of each that it saw. */
  readonly #inputs = new Map<FileNode, number>()
  readonly #scheduler: Scheduler
  readonly #trace: Trace | undefined
  /** How many of its clients wait for targets; while any does, it holds no token. */
  #waiting = 0
  #hasToken = true
  #hasEnded = false

  /** The scheduler is the one that has just given it a token. */
  constructor(options: {
    readonly number: number
    readonly task: Task
    /** The `.do`. */
    readonly rule: FileNode
    readonly transcript: Transcript
    readonly console: Console
    readonly scheduler: Scheduler
    readonly trace: Trace | undefined
  }) {
    this.number = options.number
    this.task = options.task
    this.transcript = options.transcript
    this.console = options.console
    this.#rule = options.rule
    this.#scheduler = options.scheduler
    this.#trace = options.trace
    this.depend([options.rule])
    this.#tell('takes a token and starts')
  }

  get hasToken(): boolean {
    return this.#hasToken
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** All that it said its target depends on, the rule first. */
  get inputs(): readonly FileNode[] {
    return [...this.#inputs.keys()]
  }

  /** It may ask twice, and have read the file between: the version that it saw first is the one that counts. */
  depend(nodes: readonly FileNode[]): void {
    for (const node of nodes) if (!this.#inputs.has(node)) this.#inputs.set(node, node.version)
  }

  /**
   * It gives its token away while one of its clients waits, and goes on when it has one again. While others of its
   * clients wait it goes on without: it may be that it does nothing but wait for those, too.
   */
  wait(done: Promise<boolean>, goOn: (ok: boolean) => void): void {
    this.#waiting += 1
    if (this.#hasToken) {
      this.#hasToken = false
      this.clock.pause()
      this.#tell('gives its token away while it waits')
      this.#scheduler.release()
    }
    void done.then(ok => {
      this.#waiting -= 1
      if (this.#hasToken || this.#hasEnded || this.#waiting > 0) {
        goOn(ok)
        return
      }
      this.#scheduler.resume(() => {
        if (this.#hasToken || this.#hasEnded) this.#scheduler.release()
        else {
          this.#hasToken = true
          this.clock.resume()
          this.#tell('has a token again')
        }
        goOn(ok)
      })
    })
  }

  /** The script has ended. False when that is known. */
  end(): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    this.child = undefined
    return true
  }

  /** When what it made is in place. */
  giveTokenBack(): void {
    this.#tell(`has ended${this.#hasToken ? ' and gives its token back' : ''}`)
    if (this.#hasToken) this.#scheduler.release()
  }

  /** How its target came to be, when it has ended; `before` is how the file looked until then. */
  making(before: Stamp): Making {
    return {
      rule: this.#rule,
      inputs: this.inputs,
      versions: [...this.#inputs.values()],
      absent: [...this.absent],
      always: this.always,
      digest: this.digest,
      failed: false,
      before,
      took: this.clock.elapsed,
      logged: this.transcript.date(),
    }
  }

  #tell(what: string): void {
    this.#trace?.(`${quoted(this.task.node.name)} ${what}`)
  }
}
