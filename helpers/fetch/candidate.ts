import { setTimeout as sleep } from 'node:timers/promises'
import type { Rival } from '../../core/first-to-answer.ts'
import { describe, type Failure, passes } from '../http/failure.ts'
import { type Limits, SLOWEST, SLOWEST_OF_MANY } from '../http/limits.ts'
import { type Asking, type Opening, openPlace } from './opening.ts'
import { hostOf, nickname, type Origin } from './origin.ts'
import type { Part } from './part.ts'
import type { Reporter } from './reporter.ts'
import type { FetchRequest } from './request.ts'

export interface Obtaining extends Asking {
  readonly tree: string
  readonly report: Reporter
  /** Hosts that kept a source of this run waiting for nothing: the others ask them last. */
  readonly mute: Set<string>
}

/** A place that may give a source, from the first time that it is asked until it has failed for good. */
export class Candidate implements Rival<Opening> {
  readonly origin: Origin
  readonly #request: FetchRequest
  readonly #part: Part
  readonly #run: Obtaining
  readonly #others: readonly Candidate[]
  readonly #show: (place: string) => void
  #attempt = 1
  /** A time of day in milliseconds. */
  #notBefore = 0
  #etag: string | undefined
  /** It knows nothing of the bytes that are here. */
  #fromBegin = false
  /** Its bytes were wrong behind those of others. */
  #alone = false
  /** How many bytes were here when it last got on. */
  #furthest: number | undefined
  #dawdles = false
  /** Why it makes a pause. */
  #pausesFor: Failure | undefined
  #failure: Failure | undefined

  constructor(
    origin: Origin,
    options: {
      readonly request: FetchRequest
      readonly part: Part
      readonly run: Obtaining
      /** All of the source; may be filled later. */
      readonly others: readonly Candidate[]
      /** Told who is asked, or gives. */
      readonly show: (place: string) => void
    },
  ) {
    this.origin = origin
    this.#request = options.request
    this.#part = options.part
    this.#run = options.run
    this.#others = options.others
    this.#show = options.show
  }

  /** Why it is not asked any more. */
  get failure(): Failure | undefined {
    return this.#failure
  }

  /** Whether it is worth to ask others first. */
  get isSlow(): boolean {
    return this.#dawdles || this.#run.mute.has(this.#host ?? '')
  }

  async ask(signal: AbortSignal, pauses: () => void): Promise<Opening | undefined> {
    const { file } = this.#request
    do {
      await this.#pause(signal, pauses)
      if (signal.aborted) return undefined
      if (this.#attempt === 1) this.#show(this.#name)
      const have = this.#part.size
      const from = this.#fromBegin ? 0 : have
      const question = { origin: this.origin, have, from, file, etag: this.#etag, signal }
      const opened = await openPlace(question, this.#run)
      if (opened.ok) return opened.value
      if (signal.aborted) return undefined
      this.#fail(opened.error)
    } while (this.#failure === undefined)
    return undefined
  }

  dawdles(ms: number): void {
    if (this.#dawdles) return
    this.#dawdles = true
    // One that makes a pause may be well again for the next source.
    if (this.#pausesFor === undefined) this.#silent()
    const why = this.#pausesFor
      ? describe(this.#pausesFor)
      : `nothing for ${Number((ms / 1000).toFixed(1))} s`
    this.#run.report.dawdles(this.#request.file, this.#name, why)
  }

  decline(opening: Opening): void {
    void opening.close()
  }

  /** Appends what it gives to the part. Whether that is the source now; if not, it may be asked again. */
  async take(opening: Opening): Promise<boolean> {
    const part = this.#part
    const { file, sha256 } = this.#request
    const { mute, report } = this.#run
    this.#show(this.#name)
    if (this.#host !== undefined) mute.delete(this.#host)
    this.#dawdles = false
    this.#pausesFor = undefined
    try {
      if (opening.from === 0 && part.size > 0) await part.restart()
      this.#etag = opening.etag
      this.#furthest ??= part.size
      this.#limit(opening)
      const failure = await pour(opening, part, have => report.moved(file, have, opening.total))
      // A server may announce more than there is.
      if ((failure === undefined || failure.kind === 'cut') && part.digest() === sha256) return true
      if (failure === undefined) await this.#refuseBytes(opening)
      else await this.#break(failure)
      return false
    } finally {
      await opening.close()
    }
  }

  /** How long it may give nothing, or next to nothing. */
  #limit({ watch }: Opening): void {
    const { idleMs, stallMs } = this.#run.limits
    const patience = this.#isLast ? idleMs : Math.min(stallMs, idleMs)
    watch?.wait(patience)
    watch?.expect(this.#isLast ? SLOWEST : (SLOWEST_OF_MANY * patience) / idleMs)
  }

  /** The bytes kept from before may have been the wrong ones: then this place deserves a turn of its own. */
  async #refuseBytes({ from, guise }: Opening): Promise<void> {
    const bytes = this.#part.size
    const wrong: Failure = { kind: 'digest', got: this.#part.digest(), bytes, ...(guise ? { guise } : {}) }
    await this.#part.restart()
    if (from === 0 || this.#alone) this.#fail(wrong)
    else this.#alone = true
  }

  async #break(failure: Failure): Promise<void> {
    if (failure.kind === 'endless') await this.#part.restart()
    if (this.#part.size >= (this.#furthest ?? 0) + HEADWAY) {
      this.#furthest = this.#part.size
      this.#attempt = 1 // a poor connection, but a long file does arrive over it
    }
    if (failure.kind === 'stalled' && !this.#isLast && this.#attempt < this.#run.limits.attempts)
      this.#stall(failure)
    else this.#fail(failure)
  }

  /** Others are asked before it goes on. */
  #stall(failure: Failure): void {
    this.#attempt += 1
    this.#dawdles = true
    this.#silent()
    this.#run.report.dawdles(this.#request.file, this.#name, describe(failure))
  }

  /** For good, or until a pause is over. */
  #fail(failure: Failure): void {
    const { limits, report } = this.#run
    const pause = pauseAfter(failure, this.#attempt, this.#isLast, limits)
    if (failure.kind === 'range') this.#fromBegin = true
    this.#attempt += 1
    if (pause !== undefined) {
      this.#notBefore = Date.now() + pause
      this.#pausesFor = failure
      return
    }
    this.#failure = failure
    if (isWait(failure)) this.#silent()
    report.failed(this.#request.file, this.#name, describe(failure), this.#isLast)
  }

  async #pause(signal: AbortSignal, pauses: () => void): Promise<void> {
    const ms = this.#notBefore - Date.now()
    if (ms <= 0) return
    // Where something is here, the next one might give it from its beginning: then the head start is worth a wait.
    if (this.#part.size === 0) pauses()
    // Aborted: another one has won meanwhile.
    await sleep(ms, undefined, { signal }).catch(() => {})
  }

  #silent(): void {
    if (this.#host !== undefined) this.#run.mute.add(this.#host)
  }

  /** Whether no other place is left to be asked. */
  get #isLast(): boolean {
    return this.#others.every(other => other === this || other.failure !== undefined)
  }

  get #host(): string | undefined {
    return hostOf(this.origin)
  }

  get #name(): string {
    return nickname(this.origin, this.#run.tree)
  }
}

/** Throws errors of the disk. */
async function pour(
  { body, watch, limit, total, failureOf }: Opening,
  part: Part,
  moved: (have: number) => void,
): Promise<Failure | undefined> {
  try {
    for await (const chunk of body) {
      watch?.moved(chunk.length)
      if (part.size + chunk.length > limit) return { kind: 'endless', limit }
      await part.append(chunk).catch(thrown)
      moved(part.size)
    }
  } catch (error) {
    if (error instanceof DiskError) throw error.cause
    return failureOf(error, part.size)
  }
  return total !== undefined && part.size < total ? { kind: 'cut', have: part.size, total } : undefined
}

/** Sets an error of writing apart from one of reading, which looks alike. */
class DiskError extends Error {}

const thrown = (cause: unknown): never => {
  throw new DiskError('', { cause })
}

/** How long to wait before a place is asked again; undefined if it shall not be. */
export function pauseAfter(
  failure: Failure,
  attempt: number,
  last: boolean,
  limits: Limits,
): number | undefined {
  if (!passes(failure) || attempt >= limits.attempts) return undefined
  if (isWait(failure) && !last) return undefined // another place may be quicker than this one's patience
  const backoff = limits.backoffMs * 2 ** (attempt - 1)
  const asked = failure.kind === 'status' ? (failure.retryAfterMs ?? 0) : 0
  if (asked > limits.retryAfterMs) return last ? limits.retryAfterMs : undefined
  return Math.max(backoff, asked)
}

/** Whether it cost all the patience that there is. */
const isWait = (failure: Failure): boolean =>
  failure.kind === 'stalled' ||
  (failure.kind === 'connection' && ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'].includes(failure.code))

/** How far an attempt must get to be no failure. */
const HEADWAY = 2 ** 20
