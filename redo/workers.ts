import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import type { Errand, Outcome } from '../core/errand.ts'
import { hasEnded } from '../core/process.ts'

/** The exit status of the errand, and a word about it; or that the client has to do it itself. */
type Reply = (status: number | undefined, text?: string) => void

/**
 * Processes that stay, which do the work of programs that scripts would start again and again. Each
 * does one errand at a time. They are started when they are needed; as whoever asks has a token, there
 * are no more than jobs.
 */
export class Workers {
  readonly #program: string
  readonly #runFolder: string
  readonly #idle: ChildProcess[] = []
  readonly #busy = new Map<ChildProcess, Errand>()
  /** All that live, with the promise of their end. */
  readonly #alive = new Map<ChildProcess, Promise<unknown>>()
  #watch: NodeJS.Timeout | undefined
  #stopped = false

  /** `program` is the bundle that workers run. */
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
    const worker = this.#idle.pop() ?? this.#start()
    this.#busy.set(worker, errand)
    const finish: Reply = (status, text) => {
      worker.off('exit', died).off('message', told)
      // A client that has gone wants no answer.
      if (this.#busy.delete(worker)) reply(status, text)
    }
    const died = (status: number | null, signal: NodeJS.Signals | null) => {
      if (worker.pid === undefined) finish(undefined)
      else if (signal === null) finish(status || 1, `${lost(errand)} ended with exit status ${status}`)
      else finish(128 + constants.signals[signal], `${lost(errand)} was ended by ${signal}`)
    }
    const told = ({ status, wentWell }: Outcome) => {
      const wasToldToEnd = !this.#busy.has(worker)
      // Who has failed may have left something behind, as whoever ends in the middle.
      if (!wasToldToEnd && (status === undefined || wentWell)) this.#idle.push(worker)
      else worker.disconnect()
      finish(status)
    }
    worker.once('exit', died).once('message', told)
    worker.send(errand)
    this.#watch ??= setInterval(() => this.#dismiss(), watchMs).unref()
  }

  /** Ends what is being done; nothing more is. */
  stop(signal: NodeJS.Signals): void {
    this.#stopped = true
    for (const worker of this.#busy.keys()) worker.kill(signal)
  }

  /** Ends the workers, and waits for them, lest they outlive the run. */
  async close(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#watch)
    for (const worker of this.#idle.splice(0)) worker.disconnect()
    for (const worker of this.#busy.keys()) worker.kill('SIGTERM')
    await Promise.all(this.#alive.values())
  }

  get #mark(): string {
    return `REDO_RUN=${this.#runFolder}`
  }

  #start(): ChildProcess {
    const worker = spawn(process.execPath, [this.#program], {
      cwd: '/',
      // The coordinator hears of Ctrl-C, and workers from it.
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // By which the next run knows them, if this one is killed and they do not end.
      env: { ...process.env, REDO_RUN: this.#runFolder },
    })
    worker.unref()
    worker.channel?.unref()
    const end = new Promise<void>(resolve => {
      worker.once('exit', resolve)
      // It could not be started, or is gone before we heard of it.
      worker.on('error', () => {
        if (worker.pid === undefined) worker.emit('exit', null, null)
      })
    })
    this.#alive.set(worker, end)
    void end.then(() => {
      this.#alive.delete(worker)
      const at = this.#idle.indexOf(worker)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    return worker
  }

  /** Ends the work for clients that have gone. */
  #dismiss(): void {
    for (const [worker, { pid }] of this.#busy) {
      if (!hasEnded(pid)) continue
      this.#busy.delete(worker)
      worker.kill('SIGTERM')
    }
  }
}

const watchMs = 200

const lost = ({ door }: Errand): string => `cannot go on: the worker that did the work of ${door}`
