import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import type { Errand, Outcome } from '../core/errand.ts'
import { hasEnded } from '../core/process.ts'

/** The exit status of the errand, and a word about it; or that the client has to do it itself. */
export type Reply = (status: number | undefined, text?: string) => void

/**
 * Processes that stay, which do the work of programs that scripts would start again and again. Each
 * does one errand at a time. They are started when they are needed; as whoever asks has a token, there
 * are no more than jobs.
 */
export class Helpers {
  readonly #program: string
  readonly #runFolder: string
  readonly #idle: ChildProcess[] = []
  readonly #busy = new Map<ChildProcess, Errand>()
  /** All that live, with the promise of their end. */
  readonly #alive = new Map<ChildProcess, Promise<unknown>>()
  #watch: NodeJS.Timeout | undefined
  #stopped = false

  /** `program` is the bundle that helpers run. */
  constructor(options: { readonly program: string; readonly runFolder: string }) {
    this.#program = options.program
    this.#runFolder = options.runFolder
  }

  get areThere(): boolean {
    return existsSync(this.#program)
  }

  run(work: Omit<Errand, 'mark'>, reply: Reply): void {
    if (this.#stopped || !this.areThere) {
      reply(undefined)
      return
    }
    const errand: Errand = { ...work, mark: this.#mark }
    const helper = this.#idle.pop() ?? this.#start()
    this.#busy.set(helper, errand)
    const finish: Reply = (status, text) => {
      helper.off('exit', died).off('message', told)
      // A client that has gone wants no answer.
      if (this.#busy.delete(helper)) reply(status, text)
    }
    const died = (status: number | null, signal: NodeJS.Signals | null) => {
      if (helper.pid === undefined) finish(undefined)
      else if (signal === null) finish(status || 1, `${lost(errand)} ended with exit status ${status}`)
      else finish(128 + constants.signals[signal], `${lost(errand)} was ended by ${signal}`)
    }
    const told = ({ status, wentWell }: Outcome) => {
      const wasToldToEnd = !this.#busy.has(helper)
      // Who has failed may have left something behind, as whoever ends in the middle.
      if (!wasToldToEnd && (status === undefined || wentWell)) this.#idle.push(helper)
      else helper.disconnect()
      finish(status)
    }
    helper.once('exit', died).once('message', told)
    helper.send(errand)
    this.#watch ??= setInterval(() => this.#dismiss(), watchMs).unref()
  }

  /** Ends what is being done; nothing more is. */
  stop(signal: NodeJS.Signals): void {
    this.#stopped = true
    for (const helper of this.#busy.keys()) helper.kill(signal)
  }

  /** Ends the helpers, and waits for those that have something to put away. */
  async close(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#watch)
    for (const helper of this.#idle.splice(0)) {
      this.#alive.delete(helper)
      helper.disconnect()
    }
    for (const helper of this.#busy.keys()) helper.kill('SIGTERM')
    await Promise.all(this.#alive.values())
  }

  get #mark(): string {
    return `REDO_RUN=${this.#runFolder}`
  }

  #start(): ChildProcess {
    const helper = spawn(process.execPath, [this.#program], {
      cwd: '/',
      // The coordinator hears of Ctrl-C, and helpers from it.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // By which the next run knows them, if this one is killed and they do not end.
      env: { ...process.env, REDO_RUN: this.#runFolder },
    })
    helper.unref()
    helper.channel?.unref()
    const end = new Promise<void>(resolve => {
      helper.once('exit', resolve)
      // It could not be started, or is gone before we heard of it.
      helper.on('error', () => {
        if (helper.pid === undefined) helper.emit('exit', null, null)
      })
    })
    this.#alive.set(helper, end)
    void end.then(() => {
      this.#alive.delete(helper)
      const at = this.#idle.indexOf(helper)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    return helper
  }

  /** Ends the work for clients that have gone. */
  #dismiss(): void {
    for (const [helper, { pid }] of this.#busy) {
      if (!hasEnded(pid)) continue
      this.#busy.delete(helper)
      helper.kill('SIGTERM')
    }
  }
}

const watchMs = 200

const lost = ({ door }: Errand): string => `cannot go on: the helper that did the work of ${door}`
