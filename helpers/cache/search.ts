import { anyAborted } from '../../core/any-aborted.ts'
import type { Sha256 } from '../../core/digest.ts'
import { firstToAnswer, type Rival } from '../../core/first-to-answer.ts'
import type { Key } from '../../core/key-file.ts'
import { type Message, quoted } from '../../core/message.ts'
import { type Claim, isSpotChecked } from '../store/spot-check.ts'
import { byStatus, describe, type Failure } from './failure.ts'
import { Hearing, type Question, type Word } from './hearing.ts'
import type { Notes } from './notes.ts'
import type { Place } from './place.ts'
import { judge, type Statement, type Verdict } from './quorum.ts'
import { type Begun, begin, type Patience } from './receive.ts'
import type { CacheRecord } from './record.ts'
import { builderOf } from './trust.ts'

/** A package that is wanted from caches. */
export interface Wanted {
  readonly key: Key
  /** NAME and VERSION-RELEASE, as the key says them. */
  readonly name: string
  readonly version: string
}

export interface Run extends Omit<Question, 'hash'> {
  readonly notes: Notes
  /** Those that have not been left out. */
  readonly places: readonly Place[]
  readonly patience: Patience
  /** After how long without a byte of the package the next place is asked for it as well. */
  readonly headStartMs: number
  readonly quorum: number
  readonly spotCheck: number
  readonly tell: (message: Message) => void
}

/** Somebody has begun to give a package that is what they say. */
export interface Found {
  readonly kind: 'begun'
  readonly begun: Begun
  readonly belief: Belief
}

/** What a package is, and for whose word. */
interface Belief {
  readonly tar: Sha256
  readonly statements: readonly Statement[]
}

export type Answer =
  | Found
  /** It could be had, and is to be built all the same. */
  | { readonly kind: 'to be compared'; readonly claim: Claim }
  /** What each place said, in words for a person. */
  | { readonly kind: 'not here'; readonly said: readonly Said[] }

type Said = readonly [place: string, what: string]

/**
 * Looks for a package: hears what the places say of it, and asks those for it that have it, the first of them first. Each
 * has a head start, after which the next one is asked as well, in the end those that are heard only now. Who gives the
 * first byte has won, and the others are left: two that give it would share our line, and our disk.
 */
export class Search {
  readonly #wanted: Wanted
  readonly #run: Run
  /** Of those that did not fail to say something. */
  readonly #words: Word[] = []
  /** Those that are not asked any more. */
  readonly #failed = new Set<Place>()
  readonly #said: Said[] = []
  /** How many are asked for the package at this moment. */
  #asked = 0

  constructor(wanted: Wanted, run: Run) {
    this.#wanted = wanted
    this.#run = run
  }

  /** To be called again where who had begun has failed. */
  async next(): Promise<Answer> {
    const known = new Set([...this.#failed, ...this.#words.map(({ place }) => place)])
    const unheard = this.#run.places.filter(place => !known.has(place))
    const hearing = new Hearing(unheard, { ...this.#run, hash: this.#wanted.key.hash })
    try {
      const found = await this.#first(hearing, new Set(), new AbortController().signal)
      return (
        found ??
        this.nothing(...this.#believed().map(word => [word.place.name, few(word, this.#run.quorum)] as const))
      )
    } finally {
      hearing.leave()
    }
  }

  /** Of one that was to give the package. */
  fail(place: Place, failure: Failure): void {
    const { notes } = this.#run
    // Two processes may have waited for the same one.
    if (failure.kind === 'stalled' && notes.read(leftOut(place.name)) === undefined)
      STALLED.some(times => notes.leave(times))
    this.#leave(place, failure)
  }

  nothing(...said: readonly Said[]): Answer & { kind: 'not here' } {
    return { kind: 'not here', said: [...this.#said, ...said] }
  }

  /** `besides`: who was asked for it already, and may give it yet. */
  async #first(
    hearing: Hearing,
    besides: ReadonlySet<Place>,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { quorum, spotCheck, notes } = this.#run
    for (;;) {
      const statements = this.#statements()
      const verdict = judge(statements, quorum)
      const refused = this.#refusal(statements, verdict)
      if (refused) return refused
      const having = this.#believed().filter(one => one.statements.length > 0 && !besides.has(one.place))
      const [first] = having
      if (first && verdict.kind === 'agreed') {
        const belief = { tar: verdict.tar, statements }
        if (spotCheck > 0 && isSpotChecked(this.#wanted.key.hash, spotCheck, notes.salt))
          return { kind: 'to be compared', claim: claimOf(belief, first.place) }
        return this.#fromFirst(having, belief, hearing, besides, signal)
      }
      if (hearing.isOver) return undefined
      const words = await hearing.more(some => this.#areEnough(some), signal)
      if (signal.aborted) return undefined
      this.#hear(words)
    }
  }

  async #fromFirst(
    having: readonly Word[],
    belief: Belief,
    hearing: Hearing,
    besides: ReadonlySet<Place>,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const { notes, headStartMs } = this.#run
    const slow = having.filter(({ place }) => notes.read(dawdled(place)) !== undefined)
    const inTurn = [...having.filter(word => !slow.includes(word)), ...slow]
    const rivals = inTurn.map(
      (word): Rival<Answer> => ({
        ask: (over, pauses) => {
          if (slow.includes(word)) pauses()
          return this.#fromOne(word, belief, anyAborted(signal, over))
        },
        dawdles: () => notes.leave(dawdled(word.place)),
        decline,
      }),
    )
    const asked = new Set([...besides, ...having.map(({ place }) => place)])
    const others: Rival<Answer> = {
      ask: over => this.#first(hearing, asked, anyAborted(signal, over)),
      dawdles: () => {},
      decline,
    }
    if (!hearing.isOver) rivals.push(others)
    return (await firstToAnswer<Answer, Rival<Answer>>(rivals, headStartMs, besides.size))?.answer
  }

  async #fromOne(
    { place, statements: own }: Word,
    belief: Belief,
    signal: AbortSignal,
  ): Promise<Answer | undefined> {
    const started = performance.now()
    this.#asked += 1
    try {
      const records = own.map(({ record }) => record)
      const begun = await begin(place, records, patienceOf(this.#run), signal)
      if (begun.ok) return { kind: 'begun', begun: begun.value, belief }
      if (!signal.aborted) this.fail(place, this.#ofMiss(place, begun.error, performance.now() - started))
      return undefined
    } finally {
      this.#asked -= 1
    }
  }

  /** One that stays although it did not give what it has a record of keeps nobody waiting for that again, and again. */
  #ofMiss(place: Place, failure: Failure, ms: number): Failure {
    if (!['absent', 'another'].includes(failure.kind)) return failure
    this.#run.notes.leave(dawdled(place))
    return slowMisses(this.#run, place, ms) ?? failure
  }

  /** Where what was said cannot be: then it is built. */
  #refusal(statements: readonly Statement[], verdict: Verdict): Answer | undefined {
    const { name, version } = this.#wanted
    const misled = statements.find(({ record }) => record.name !== name || record.version !== version)
    if (misled) {
      this.#run.tell(misnamed(this.#wanted, misled.record))
      return this.nothing(['all', 'a record with the name of another package'])
    }
    if (verdict.kind !== 'disputed') return undefined
    this.#run.tell(disputed(this.#wanted, statements))
    return this.nothing(...statements.map(claimFact))
  }

  /** Whether new words have somebody give the package, or forbid it. */
  #areEnough(words: readonly Word[]): boolean {
    const verdict = judge(this.#statements(words), this.#run.quorum)
    return statementsOf(words).length > 0 && verdict.kind !== 'too few'
  }

  /**
   * What counts, with these words: what is believed, and what others have signed alike whose places have failed. Those do
   * not make it a dispute: it may be for that they have failed.
   */
  #statements(more: readonly Word[] = []): readonly Statement[] {
    const believed = statementsOf([...this.#believed(), ...more])
    const failed = statementsOf(this.#words.filter(({ place }) => this.#failed.has(place)))
    return [...believed, ...failed.filter(({ record }) => record.tar === believed[0]?.record.tar)]
  }

  #believed(): readonly Word[] {
    return this.#words.filter(({ place }) => !this.#failed.has(place))
  }

  #hear(words: readonly Word[]): void {
    for (const word of words) {
      tellExpired(this.#run, word)
      tellForbidden(this.#run, word)
      // While others may give the package, nobody waits for that one.
      const isMiss = word.statements.length === 0 && this.#asked === 0
      const failure = word.failure ?? (isMiss ? slowMisses(this.#run, word.place, word.ms) : undefined)
      if (failure) this.#leave(word.place, failure)
      else this.#words.push(word)
    }
  }

  #leave(place: Place, failure: Failure): void {
    this.#said.push([place.name, describe(failure)])
    this.#failed.add(place)
    if (failure.kind === 'another') this.#run.tell(anotherMessage(this.#wanted, place, failure))
    else if (failure.kind !== 'absent') leaveOut(this.#run, this.#wanted, place, failure)
  }
}

const statementsOf = (words: readonly Word[]): readonly Statement[] =>
  words.flatMap(({ statements }) => statements)

export const claimOf = ({ tar, statements }: Belief, place: Place): Claim => ({
  tar,
  builders: [...new Set(statements.map(({ trusted }) => builderOf(trusted)))],
  place: place.name,
})

function decline(answer: Answer): void {
  if (answer.kind === 'begun') answer.begun.close()
}

/** The note that a place has kept others from a package: it has no head start any more. */
const dawdled = ({ name }: Place): string => `dawdled: ${name}`

/** The note that one of the caches of this run has stalled in the middle of a package. */
const STALLED = ['stalled', 'stalled again']

/** Several caches that stall would else cost all of our patience each, one after the other. */
function patienceOf({ notes, patience }: Run): Patience {
  const hurry = HURRY ** STALLED.filter(times => notes.read(times) !== undefined).length
  return { ...patience, idleMs: patience.idleMs * hurry, leastBytes: patience.leastBytes * hurry }
}

const HURRY = 0.3

/**
 * A cache that always takes a second to say that it has nothing is never late, and yet costs that for each package.
 * So those answers are counted, by all processes of the run together; at the third it is too much.
 */
function slowMisses({ notes, patienceMs }: Run, place: Place, ms: number): Failure | undefined {
  if (ms <= patienceMs / 3) return undefined
  if (!isTooOften(`slow miss of ${place.name}`, notes)) return undefined
  return { kind: 'slow misses', count: TOO_OFTEN, seconds: patienceMs / 3000 }
}

/** By what all processes of the run have noted. */
function isTooOften(about: string, notes: Notes): boolean {
  for (let count = 1; count < TOO_OFTEN; count++) if (notes.leave(`${count}: ${about}`)) return false
  return true
}

const TOO_OFTEN = 3

/** For the rest of the run; said by the first who finds out. */
function leaveOut(
  { notes, tell }: Run,
  { name, version, key }: Wanted,
  place: Place,
  failure: Failure,
): void {
  if (!notes.leave(leftOut(place.name), describe(failure))) return
  tell({
    cannot: `use the package cache ${quoted(place.name)}`,
    why: `it gave ${describe(failure)}`,
    // Who keeps the cache has to find the file among thousands.
    facts: OF_A_FILE.includes(failure.kind)
      ? [
          ['package', `${name}-${version}`],
          ['pkghash', key.hash],
        ]
      : [],
    remedy:
      'it is left out for the rest of this run; what it would have given comes from elsewhere, or is built',
  })
}

/** What says something of one file, in a place that may have good ones, too. */
const OF_A_FILE: readonly Failure['kind'][] = ['lie', 'cut', 'file']

/** What a note about a place is called that is asked no more. */
export const leftOut = (url: string): string => `left out ${url}`

function tellExpired({ notes, tell, today }: Run, { place, expired }: Word): void {
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
function tellForbidden({ notes, tell }: Run, { place, statements, expired, status }: Word): void {
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
  remedy: `it is taken from nobody; coolports challenge ${name} compares`,
})

const misnamed = ({ name, version, key }: Wanted, record: CacheRecord): Message => ({
  cannot: `take ${name}-${version} from a package cache`,
  why: `a trusted builder signed it as ${quoted(`${record.name}-${record.version}`)}`,
  facts: [
    ['pkghash', key.hash],
    ['builder', record.builder],
  ],
  remedy: 'it is not taken',
})

/** That costs a question; so the place is asked for other packages on. Builders may share it, and differ in this one. */
const anotherMessage = ({ name, version, key }: Wanted, place: Place, failure: Failure): Message => ({
  cannot: `take ${name}-${version} from ${quoted(place.name)}`,
  why: `it gave ${describe(failure)}`,
  facts: [['pkghash', key.hash]],
  remedy: `coolports challenge ${name} shows who says what`,
})
