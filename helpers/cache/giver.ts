import { anyAborted } from '../../core/any-aborted.ts'
import type { Sha256 } from '../../core/digest.ts'
import { firstToAnswer, type Rival } from '../../core/first-to-answer.ts'
import type { Failure } from './failure.ts'
import type { Notes } from './notes.ts'
import type { Place } from './place.ts'
import type { Statement } from './quorum.ts'
import type { Question } from './race.ts'
import { type Begun, begin, type Patience } from './receive.ts'
import type { CacheRecord } from './record.ts'
import { askPlace } from './statements.ts'

interface Run extends Pick<Question, 'keys' | 'today' | 'patienceMs'> {
  readonly notes: Notes
  readonly patience: Patience
}

/** What is to be given: the tar that enough builders have signed. */
interface Sought {
  readonly hash: Sha256
  readonly tar: Sha256
}

/** A place that may have a package, until it has failed to give it. */
export class Giver implements Rival<Begun> {
  readonly place: Place
  readonly #sought: Sought
  /** Of the package, and by builders that are trusted. */
  #records: readonly CacheRecord[] | undefined
  readonly #run: Run
  readonly #failed: (place: Place, failure: Failure) => void
  #hasFailed = false

  constructor(
    place: Place,
    options: {
      readonly sought: Sought
      /** What it says of it, where its word was waited for. */
      readonly statements: readonly Statement[] | undefined
      readonly run: Run
      /** Told of what it gave, when it was asked for the package itself. */
      readonly failed: (place: Place, failure: Failure) => void
    },
  ) {
    this.place = place
    this.#sought = options.sought
    this.#records = options.statements && this.#fitting(options.statements)
    this.#run = options.run
    this.#failed = options.failed
  }

  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Whether it kept anybody of this run waiting: then others are asked first. */
  get isSlow(): boolean {
    return this.#run.notes.read(this.#slow) !== undefined
  }

  async ask(signal: AbortSignal): Promise<Begun | undefined> {
    const records = this.#records ?? (await this.#learn(signal))
    if (signal.aborted) return undefined
    this.#records = records
    if (records.length === 0) {
      this.#hasFailed = true
      return undefined
    }
    const begun = await begin(this.place, records, patienceOf(this.#run), signal)
    if (begun.ok) return begun.value
    if (!signal.aborted) this.fail(begun.error)
    return undefined
  }

  dawdles(): void {
    this.#run.notes.leave(this.#slow)
  }

  decline(begun: Begun): void {
    begun.close()
  }

  fail(failure: Failure): void {
    this.#hasFailed = true
    this.#failed(this.place, failure)
  }

  /**
   * Nothing of one that fails: it will be asked for its word again, and its failure told then, if nobody has the package.
   * One that says nothing has had all the time that it would have then.
   */
  async #learn(signal: AbortSignal): Promise<readonly CacheRecord[]> {
    const { keys, today, patienceMs } = this.#run
    const late = AbortSignal.timeout(patienceMs)
    try {
      const answer = await askPlace(this.place, this.#sought.hash, keys, today, anyAborted(signal, late))
      if (answer.ok) return this.#fitting(answer.value.statements)
    } catch {
      // As if it had failed in another way.
    }
    if (late.aborted && !signal.aborted) this.fail({ kind: 'slow', seconds: patienceMs / 1000 })
    return []
  }

  #fitting(statements: readonly Statement[]): readonly CacheRecord[] {
    return statements.map(({ record }) => record).filter(({ tar }) => tar === this.#sought.tar)
  }

  get #slow(): string {
    return `slow to give: ${this.place.name}`
  }
}

/** The first who begins to give it, of those who have not failed. */
export function firstToGive(givers: readonly Giver[]) {
  const open = givers.filter(({ hasFailed }) => !hasFailed)
  open.sort((a, b) => Number(a.isSlow) - Number(b.isSlow))
  return firstToAnswer<Begun, Giver>(open, HEAD_START_MS)
}

/** After how long without a byte the next one is asked as well. */
const HEAD_START_MS = 500

/** The note that one of the caches of this run has stalled in the middle of a package. */
export const STALLED = 'stalled'

/** Several caches that do would else cost all of our patience each, one after the other. */
function patienceOf({ notes, patience }: Run): Patience {
  if (notes.read(STALLED) === undefined) return patience
  const { firstByteMs, idleMs, leastBytes } = patience
  return { firstByteMs, idleMs: idleMs * HURRY, leastBytes: leastBytes * HURRY }
}

const HURRY = 0.3
