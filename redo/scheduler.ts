import type { Jobserver } from './jobserver.ts'
import type { Trace } from './trace.ts'

/** Something that waits for a token; `start` is called with the token in hand. */
export interface Waiting {
  /** False when nobody wants it any more: then it is dropped without taking a token. */
  wanted(): boolean
  start(): void
  drop(): void
}

/**
 * Hands out the tokens. Those who go on after waiting for inputs come first; then the newest wish,
 * so that the graph is built depth first and few scripts stand waiting.
 */
export class Scheduler {
  readonly #jobs: Jobserver
  readonly #trace: Trace | undefined
  readonly #resumes: (() => void)[] = []
  /** A stack; what was moved to the top is still in its old place too, and is skipped there. */
  readonly #stack: Waiting[] = []
  readonly #queued = new Set<Waiting>()
  #batch: Waiting[] | undefined
  #poll: NodeJS.Timeout | undefined
  #pumping = false
  #told = ''

  constructor(jobs: Jobserver, trace?: Trace) {
    this.#jobs = jobs
    this.#trace = trace
  }

  /** Waits for a token to start something new. Said again, it is moved to the front. */
  enqueue(waiting: Waiting): void {
    if (this.#batch !== undefined) this.#batch.push(waiting)
    else this.batch(() => this.enqueue(waiting))
  }

  /** What is enqueued meanwhile is started in the order of its coming. */
  batch(fill: () => void): void {
    const outer = this.#batch
    const batch: Waiting[] = []
    this.#batch = batch
    fill()
    this.#batch = outer
    for (const one of batch.toReversed()) {
      this.#queued.add(one)
      this.#stack.push(one)
    }
    this.#pump()
  }

  /** Waits for a token to go on with something that gave its token back. */
  resume(go: () => void): void {
    this.#resumes.push(go)
    this.#pump()
  }

  /** Gives a token back. Those whom the end of a job lets go on get it before anything new starts. */
  release(): void {
    setImmediate(() => {
      this.#jobs.give()
      this.#pump()
    })
  }

  /** The descriptors of the jobserver, for jobs to inherit. */
  get pipe(): readonly [read: number, write: number] {
    return this.#jobs.pipe
  }

  /** How many there are in all; unknown for those of somebody else. */
  get jobs(): number | undefined {
    return this.#jobs.size
  }

  /** The scripts have ended by now. What they left behind may stand in line still, and goes on without a token. */
  close(): void {
    clearTimeout(this.#poll)
    this.#poll = undefined
    for (const go of this.#resumes.splice(0)) go()
    this.#jobs.close()
  }

  /** Puts those back that are somebody else's; nothing may be started any more. */
  returnTokens(): void {
    this.#jobs.close()
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    if (this.#poll !== undefined) clearTimeout(this.#poll)
    this.#poll = undefined
    while (this.#resumes.length > 0 || this.#hasStart()) {
      if (!this.#jobs.take()) {
        this.#tell()
        // The tokens are with others, perhaps with a make inside a build. A pipe can not be watched
        // without taking from it, so look again soon.
        if (this.#jobs.isShared) this.#poll = setTimeout(() => this.#pump(), 10)
        break
      }
      const go = this.#resumes.shift()
      if (go !== undefined) {
        go()
        continue
      }
      const next = this.#stack.pop()
      if (next === undefined) break
      this.#queued.delete(next)
      next.start()
    }
    this.#pumping = false
  }

  /** Once for each change: the question is asked again and again. */
  #tell(): void {
    if (this.#trace === undefined) return
    const text = `no token is free: ${this.#resumes.length} wait to go on, ${this.#queued.size} to start`
    if (text !== this.#told) this.#trace(text)
    this.#told = text
  }

  /**
   * Clears the top of the stack of what was started before, or is not wanted any more. Who waited for what is dropped
   * goes on before anything new starts: it may fail, and then that is not wanted either.
   */
  #hasStart(): boolean {
    let dropped = false
    for (let next = this.#stack.at(-1); next !== undefined; next = this.#stack.at(-1)) {
      const queued = this.#queued.has(next)
      if (queued && next.wanted()) break
      this.#stack.pop()
      this.#queued.delete(next)
      if (!queued) continue
      next.drop()
      dropped = true
    }
    if (dropped) setImmediate(() => this.#pump())
    return !dropped && this.#stack.length > 0
  }
}
