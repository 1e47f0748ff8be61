import type { Sha256 } from '../../core/digest.ts'
import type { Failure } from './failure.ts'
import type { Place } from './place.ts'
import type { Statement } from './quorum.ts'
import { askPlace } from './statements.ts'
import type { TrustedKey } from './trust.ts'

export interface Question {
  readonly hash: Sha256
  readonly keys: readonly TrustedKey[]
  /** A day as records have it. */
  readonly today: string
  /** How long all places together are waited for. */
  readonly patienceMs: number
}

/** What one place has to say; with `failure`, it is not to be asked again. */
export interface Word {
  readonly place: Place
  readonly statements: readonly Statement[]
  readonly expired: readonly Statement[]
  /** See `Answer`. */
  readonly status?: number
  /** How long it took to say so. */
  readonly ms: number
  readonly failure?: Failure
}

/** Asks all places at once what they have to say of a package. Who says nothing as long as patience lasts is slow. */
export class Hearing {
  /** Those that were not heard yet. */
  readonly #open: Map<Place, AbortController>
  /** What was heard, and nobody has asked for yet. */
  readonly #words: Word[] = []
  readonly #timer: NodeJS.Timeout
  /** Called when it may have come to more. */
  #changed = (): void => {}

  constructor(places: readonly Place[], { hash, keys, today, patienceMs }: Question) {
    this.#open = new Map(places.map(place => [place, new AbortController()]))
    this.#timer = setTimeout(() => this.#end(patienceMs), patienceMs)
    for (const [place, { signal }] of this.#open)
      void heard(place, askPlace(place, hash, keys, today, signal)).then(word => {
        if (!this.#open.has(place)) return // too late
        this.#open.delete(place)
        this.#words.push(word)
        this.#changed()
      })
  }

  /** Whether all were heard, and asked for. */
  get isOver(): boolean {
    return this.#open.size === 0 && this.#words.length === 0
  }

  /**
   * The next words in the order of their coming, as many as are enough; all, where they are not and nobody is left to be
   * heard. None once the signal is aborted.
   */
  more(areEnough: (words: readonly Word[]) => boolean, signal: AbortSignal): Promise<readonly Word[]> {
    return new Promise(resolve => {
      const give = (count: number): void => {
        this.#changed = () => {}
        signal.removeEventListener('abort', leave)
        resolve(this.#words.splice(0, count))
      }
      const leave = (): void => give(0)
      const look = (): void => {
        const last = this.#words.findIndex((_, at) => areEnough(this.#words.slice(0, at + 1)))
        if (last >= 0 || this.#open.size === 0) give(last < 0 ? this.#words.length : last + 1)
      }
      this.#changed = look
      signal.addEventListener('abort', leave)
      if (signal.aborted) leave()
      else look()
    })
  }

  /** Nobody is waited for any more. */
  leave(): void {
    clearTimeout(this.#timer)
    const open = [...this.#open.values()]
    this.#open.clear()
    for (const controller of open) controller.abort()
  }

  #end(patienceMs: number): void {
    const failure: Failure = { kind: 'slow', seconds: patienceMs / 1000 }
    for (const place of this.#open.keys())
      this.#words.push({ place, statements: [], expired: [], ms: patienceMs, failure })
    this.leave()
    this.#changed()
  }
}

async function heard(place: Place, asking: ReturnType<typeof askPlace>): Promise<Word> {
  const started = performance.now()
  const answer = await asking
  const ms = performance.now() - started
  if (answer.ok) return { place, ...answer.value, ms }
  return { place, statements: [], expired: [], ms, failure: answer.error }
}
