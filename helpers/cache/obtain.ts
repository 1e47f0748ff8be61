import { anyAborted } from '../../core/any-aborted.ts'
import type { Sha256 } from '../../core/digest.ts'
import { firstToAnswer, type Rival } from '../../core/first-to-answer.ts'
import { type Message, quoted } from '../../core/message.ts'
import { FILE_SYSTEM } from '../../core/system-error.ts'
import type { Key } from '../store/keep.ts'
import { type Claim, isSpotChecked } from '../store/spot-check.ts'
import { byStatus, describe, type Failure } from './failure.ts'
import type { Notes } from './notes.ts'
import type { Place } from './place.ts'
import { judge, type Statement } from './quorum.ts'
import { type Question, race, type Word } from './race.ts'
import type { NoRoom, Patience, Waiting } from './receive.ts'
import type { CacheRecord } from './record.ts'
import { take } from './take.ts'
import { builderOf } from './trust.ts'

/** A package that is wanted from caches. */
export interface Wanted {
  readonly key: Key
  /** NAME and VERSION-RELEASE, as the key says them. */
  readonly name: string
  readonly version: string
}

export interface Obtaining extends Omit<Question, 'hash' | 'before'> {
  readonly store: string
  readonly notes: Notes
  /** Those that have not been left out. */
  readonly places: readonly Place[]
  readonly patience: Patience
  readonly spotCheck: number
  readonly tell: (message: Message) => void
}

export type Outcome =
  /** It is in the store. */
  | { readonly kind: 'here'; readonly claim: Claim }
  /** It could be had, and is to be built all the same. */
  | { readonly kind: 'to be compared'; readonly claim: Claim }
  /** What each place said, in words for a person. */
  | { readonly kind: 'not here'; readonly said: readonly (readonly [place: string, what: string])[] }

/** Brings a package into the store from the first place that gives it. Whatever a place does, this ends soon. */
export async function obtain(wanted: Wanted, run: Obtaining): Promise<Outcome> {
  const search = new Search(wanted, run)
  const never = new AbortController().signal
  return (await search.among(run.places, [], never)) ?? { kind: 'not here', said: search.said }
}

class Search {
  readonly #wanted: Wanted
  readonly #run: Obtaining
  /** What they said of the package does not count any more. */
  readonly #failed = new Set<Place>()
  readonly said: (readonly [place: string, what: string])[] = []

  constructor(wanted: Wanted, run: Obtaining) {
    this.#wanted = wanted
    this.#run = run
  }

  /**
   * What comes of these places, to go by what they and those `before` say of the package; nothing where none of them
   * gives it, or once the signal is aborted.
   */
  async among(
    places: readonly Place[],
    before: readonly Word[],
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const { quorum, spotCheck, notes, tell } = this.#run
    const { key, name, version } = this.#wanted
    const words = await race(places, { ...this.#run, hash: key.hash, before: this.#believed(before) }, signal)
    if (signal.aborted) return undefined
    const heard = words.filter(word => this.#isHeard(word))
    const statements = this.#believed([...before, ...heard])
    const misled = statements.find(({ record }) => record.name !== name || record.version !== version)
    if (misled) {
      tell(misnamed(this.#wanted, misled.record))
      return this.#nothing(['all', 'a record with the name of another package'])
    }
    const verdict = judge(statements, quorum)
    if (verdict.kind === 'disputed') {
      tell(disputed(this.#wanted, statements))
      return this.#nothing(...statements.map(claimFact))
    }
    const having = verdict.kind === 'agreed' ? heard.filter(word => word.statements.length > 0) : []
    for (const word of heard) if (!having.includes(word)) this.said.push([word.place.name, few(word, quorum)])
    const [first] = having
    if (verdict.kind === 'too few' || first === undefined) return undefined
    const belief = { tar: verdict.tar, statements, words: [...before, ...heard] }
    if (spotCheck > 0 && isSpotChecked(key.hash, spotCheck, notes.salt))
      return { kind: 'to be compared', claim: claimOf(belief, first.place) }
    const unheard = places.filter(place => !words.some(word => word.place === place))
    return this.#fromFirst(having, unheard, belief, signal)
  }

  /**
   * The package from who gives it first. The next one is asked as well when the last one makes a pause; after those who
   * have it, those who were not heard yet.
   */
  async #fromFirst(
    having: readonly Word[],
    unheard: readonly Place[],
    belief: Belief,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const paused = new Set<Place>()
    const givers = having.map((word, index): Rival<Outcome> => {
      const isLast = index + 1 === having.length && unheard.length === 0
      return {
        ask: (over, pauses) =>
          this.#fromOne(word, belief, isLast, { signal: anyAborted(signal, over), pauses }),
        dawdles: () => paused.add(word.place),
        decline,
      }
    })
    const others: Rival<Outcome> = {
      ask: over => this.among(unheard, belief.words, anyAborted(signal, over)),
      dawdles: () => {},
      decline,
    }
    const first = await firstToAnswer<Outcome, Rival<Outcome>>([
      ...givers,
      ...(unheard.length > 0 ? [others] : []),
    ])
    if (first?.answer.kind === 'here')
      for (const place of paused) if (place.name !== first.answer.claim.place) overtaken(this.#run, place)
    return first?.answer
  }

  async #fromOne(
    word: Word,
    belief: Belief,
    isLast: boolean,
    waiting: Waiting,
  ): Promise<Outcome | undefined> {
    const { place } = word
    const got = await take(this.#wanted.key, word, belief.statements, { ...this.#run, isLast, ...waiting })
    if (got.ok) return { kind: 'here', claim: claimOf(belief, place) }
    if (waiting.signal.aborted) return undefined
    if (got.error.kind === 'disk') {
      this.#run.tell(diskMessage(this.#wanted, got.error))
      return this.#nothing([place.name, 'it, but the disk did not take it'])
    }
    this.#leave(place, got.error)
    return undefined
  }

  #believed(words: readonly Word[]): readonly Statement[] {
    return words.flatMap(({ place, statements }) => (this.#failed.has(place) ? [] : statements))
  }

  #isHeard(word: Word): boolean {
    tellExpired(this.#run, word)
    tellForbidden(this.#run, word)
    const failure = word.failure ?? slowMisses(this.#run, word)
    if (failure) this.#leave(word.place, failure)
    return failure === undefined
  }

  #leave(place: Place, failure: Failure): void {
    this.said.push([place.name, describe(failure)])
    this.#failed.add(place)
    if (failure.kind === 'another') this.#run.tell(anotherMessage(this.#wanted, place, failure))
    else if (failure.kind !== 'absent') leaveOut(this.#run, place, failure)
  }

  #nothing(...said: readonly (readonly [string, string])[]): Outcome {
    return { kind: 'not here', said: [...this.said, ...said] }
  }
}

/** What the package is, to those who spoke of it. */
interface Belief {
  readonly tar: Sha256
  /** Who said so, and who had nothing to say. */
  readonly words: readonly Word[]
  readonly statements: readonly Statement[]
}

const claimOf = ({ tar, statements }: Belief, place: Place): Claim => ({
  tar,
  builders: [...new Set(statements.map(({ trusted }) => builderOf(trusted)))],
  place: place.name,
})

/** What a place gives too late lies in the store all the same, and is as good. */
const decline = (): void => {}

/**
 * A cache that always takes a second to say that it has nothing is never late, and yet costs that for each package.
 * So those answers are counted, by all processes of the run together; at the third it is too much.
 */
function slowMisses({ notes, patienceMs }: Obtaining, { place, statements, ms }: Word): Failure | undefined {
  if (statements.length > 0 || ms <= patienceMs / 3) return undefined
  if (!isTooOften(`slow miss of ${place.name}`, notes)) return undefined
  return { kind: 'slow misses', count: TOO_OFTEN, seconds: patienceMs / 3000 }
}

/** The same of one that begins with a pause, in which another one is asked as well, and gives the package first. */
function overtaken(run: Obtaining, place: Place): void {
  if (!isTooOften(`overtaken: ${place.name}`, run.notes)) return
  leaveOut(run, place, { kind: 'overtaken', count: TOO_OFTEN, seconds: run.patience.quietMs / 1000 })
}

/** By what all processes of the run have noted. */
function isTooOften(about: string, notes: Notes): boolean {
  for (let count = 1; count < TOO_OFTEN; count++) if (notes.leave(`${count}: ${about}`)) return false
  return true
}

const TOO_OFTEN = 3

/** For the rest of the run; said by the first who finds out. */
function leaveOut({ notes, tell }: Obtaining, place: Place, failure: Failure): void {
  if (!notes.leave(leftOut(place.name), describe(failure))) return
  tell({
    cannot: `use the package cache ${quoted(place.name)}`,
    why: `it gave ${describe(failure)}`,
    remedy:
      'it is left out for the rest of this run; what it would have given comes from elsewhere, or is built',
  })
}

/** What a note about a place is called that is asked no more. */
export const leftOut = (url: string): string => `left out ${url}`

function tellExpired({ notes, tell, today }: Obtaining, { place, expired }: Word): void {
  for (const { record, trusted } of expired) {
    if (!notes.leave(`expired ${place.name} ${record.builder}`)) continue
    tell({
      cannot: `use what ${quoted(builderOf(trusted))} signed in ${quoted(place.name)}`,
      why: `it was said until ${record.expires}, and today is ${today}`,
      remedy: 'other records of this kind are passed over without a word',
    })
  }
}

/**
 * A cache that lets nobody in may say the same as one that has nothing. An object store says so of each package that
 * is missing, so that it is worth a word only where nothing else was ever heard of it.
 */
function tellForbidden({ notes, tell }: Obtaining, { place, statements, expired, status }: Word): void {
  const known = `has something: ${place.name}`
  if (statements.length + expired.length > 0) notes.leave(known)
  if (status === undefined || notes.read(known) !== undefined) return
  if (!isTooOften(`forbidden by ${place.name}`, notes)) return
  if (!notes.leave(`told of ${place.name}`)) return
  tell({
    cannot: `see anything in the package cache ${quoted(place.name)}`,
    why: `it has answered HTTP ${status} so far: it has nothing of this, or does not let you in`,
    remedy: 'look at its address, and at who may read it; it is asked on',
  })
}

const few = ({ statements, status }: Word, quorum: number): string =>
  statements.length === 0
    ? `no record by a trusted key${byStatus(status)}`
    : `a record by ${statements.map(({ trusted }) => quoted(builderOf(trusted))).join(', ')}, where ${quorum} builders are wanted`

const claimFact = ({ trusted, record }: Statement): [string, string] => [
  builderOf(trusted),
  `tar sha256 ${record.tar}`,
]

const disputed = ({ name, version, key }: Wanted, statements: readonly Statement[]): Message => ({
  cannot: `take ${name}-${version} from a package cache`,
  why: 'BUILDERS THAT YOU TRUST DO NOT AGREE about what it is',
  facts: [['pkghash', key.hash], ...statements.map(claimFact)],
  remedy: `it is built here; coolports challenge ${name} compares`,
})

const misnamed = ({ name, version, key }: Wanted, record: CacheRecord): Message => ({
  cannot: `take ${name}-${version} from a package cache`,
  why: `a trusted builder signed it as ${quoted(`${record.name}-${record.version}`)}`,
  facts: [
    ['pkghash', key.hash],
    ['builder', record.builder],
  ],
  remedy: 'it is built here',
})

/** That costs a question; so the place is asked for other packages on. Builders may share it, and differ in this one. */
const anotherMessage = ({ name, version, key }: Wanted, place: Place, failure: Failure): Message => ({
  cannot: `take ${name}-${version} from ${quoted(place.name)}`,
  why: `it gave ${describe(failure)}`,
  facts: [['pkghash', key.hash]],
  remedy: `coolports challenge ${name} shows who says what`,
})

const diskMessage = ({ name, version }: Wanted, { code, folder }: NoRoom): Message => ({
  cannot: `take ${name}-${version} from a package cache`,
  why: FILE_SYSTEM[code] ?? code,
  facts: [['folder', folder]],
  remedy: ['ENOSPC', 'EDQUOT'].includes(code)
    ? 'it is built here; make room there to have it from a cache'
    : 'it is built here; what comes from a cache needs a store that can be written to',
})
