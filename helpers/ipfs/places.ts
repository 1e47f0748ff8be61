import type { CID } from 'multiformats/cid'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { BlockPlace, Blocks } from '../block/block.ts'
import { type IpfsFailure, isAbsence, type Tried } from '../block/failure.ts'
import { describe, type Failure } from '../http/failure.ts'

/**
 * All places of a run. One that answers is asked first from then on; one that gives false blocks, or
 * fails again and again, is asked no more, and that is said once.
 */
export class Places implements Blocks {
  readonly #note: (text: string) => void
  readonly #hedgeMs: number
  #usable: readonly BlockPlace[]
  /** Whether any has given a block: before that nobody knows whom to ask first. */
  #answered = false
  readonly #strikes = new Map<BlockPlace, number>()
  readonly #left: Tried[] = []

  constructor(places: readonly BlockPlace[], note: (text: string) => void, hedgeMs: number = HEDGE_MS) {
    this.#usable = places
    this.#note = note
    this.#hedgeMs = hedgeMs
  }

  /** In the order in which they would be asked now. */
  get usable(): readonly BlockPlace[] {
    return this.#usable
  }

  /**
   * A block from the first place that gives it. Blocks are asked of all at once until one has come; later ones
   * of the best place, and of the next one when that does not answer soon.
   */
  get(cid: CID, signal: AbortSignal): Promise<Result<Uint8Array, IpfsFailure>> {
    const hedge = this.#answered ? this.#hedgeMs : 0
    const waiting = [...this.#usable]
    const tried: Tried[] = [...this.#left]
    const race = new AbortController()
    return new Promise(resolve => {
      let running = 0
      let over = false
      const finish = (result: Result<Uint8Array, IpfsFailure>): void => {
        over = true
        signal.removeEventListener('abort', leave)
        race.abort()
        resolve(result)
      }
      const leave = (): void => finish(refuse({ kind: 'aborted' }))
      const askNext = (): void => {
        const place = over ? undefined : waiting.shift()
        if (!place) {
          if (!over && running === 0) finish(refuse({ kind: 'nowhere', cid: cid.toString(), tried }))
          return
        }
        running++
        const hurry = setTimeout(askNext, hedge)
        void place.block(cid, race.signal).then(got => {
          clearTimeout(hurry)
          running--
          if (over) return
          if (got.ok) {
            this.#praise(place)
            finish(ok(got.value))
            return
          }
          tried.push({ place: place.name, failure: got.error })
          this.blame(place, got.error)
          askNext()
        })
      }
      if (signal.aborted) return leave()
      signal.addEventListener('abort', leave)
      askNext()
    })
  }

  #praise(place: BlockPlace): void {
    this.#answered = true
    this.#strikes.delete(place)
    if (this.#usable[0] === place || !this.#usable.includes(place)) return
    this.#usable = [place, ...this.#usable.filter(one => one !== place)]
  }

  /** Counts a failure. */
  blame(place: BlockPlace, failure: Failure): void {
    if (isAbsence(failure)) return
    const strikes = (this.#strikes.get(place) ?? 0) + (LIES.includes(failure.kind) ? STRIKES : 1)
    this.#strikes.set(place, strikes)
    if (strikes < STRIKES || !this.#usable.includes(place)) return
    this.#usable = this.#usable.filter(one => one !== place)
    this.#left.push({ place: place.name, failure })
    this.#note(`ipfs: ${place.name} gave ${describe(failure)}; it is asked no more`)
  }
}

/** How long the best place may take before the next one is asked as well. */
const HEDGE_MS = 1000

const STRIKES = 3

/** What an honest place that works never does. */
const LIES: readonly Failure['kind'][] = ['digest', 'endless', 'instead']
