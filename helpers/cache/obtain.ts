import { existsSync, rmSync } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { packagePath } from '../../core/store.ts'
import { FILE_SYSTEM, isSystemError } from '../../core/system-error.ts'
import { readBuilt } from '../store/built.ts'
import { type Key, keepPackage } from '../store/keep.ts'
import { type Claim, isSpotChecked } from '../store/spot-check.ts'
import { provenTree } from '../store/trees.ts'
import { identityAt } from '../tar/identity.ts'
import type { TarProblem } from '../tar/problem.ts'
import { byStatus, describe, type Failure } from './failure.ts'
import { incomingPath } from './incoming.ts'
import type { Notes } from './notes.ts'
import type { Place } from './place.ts'
import { keepStatements } from './provenance.ts'
import { judge, type Statement } from './quorum.ts'
import { type Question, race, type Word } from './race.ts'
import { type NoRoom, type Patience, receive } from './receive.ts'
import type { CacheRecord } from './record.ts'
import { builderOf } from './trust.ts'

/** A package that is wanted from caches. */
export interface Wanted {
  readonly key: Key
  /** NAME and VERSION-RELEASE, as the key says them. */
  readonly name: string
  readonly version: string
}

export interface Obtaining extends Omit<Question, 'hash'> {
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

/** Brings a package into the store from the first place that has it. Whatever a place does, this ends soon. */
export async function obtain(wanted: Wanted, run: Obtaining): Promise<Outcome> {
  const { hash } = wanted.key
  const said: [string, string][] = []
  let places = run.places
  while (places.length > 0) {
    const words = await race(places, { ...run, hash })
    const leave = (place: Place, failure: Failure): void => {
      said.push([place.name, describe(failure)])
      places = places.filter(one => one !== place)
      if (failure.kind === 'another') run.tell(anotherMessage(wanted, place, failure))
      else if (failure.kind !== 'absent') leaveOut(run, place, failure)
    }
    for (const word of words) {
      tellExpired(run, word)
      tellForbidden(run, word)
      const failure = word.failure ?? slowMisses(run, word)
      if (failure) leave(word.place, failure)
    }
    const heard = words.filter(({ place }) => places.includes(place))
    const statements = heard.flatMap(word => word.statements)
    for (const { record } of statements) {
      if (record.name === wanted.name && record.version === wanted.version) continue
      run.tell(misnamed(wanted, record))
      return { kind: 'not here', said: [...said, ['all', 'a record with the name of another package']] }
    }
    const verdict = judge(statements, run.quorum)
    if (verdict.kind === 'disputed') {
      run.tell(disputed(wanted, statements))
      return { kind: 'not here', said: [...said, ...statements.map(claimFact)] }
    }
    if (verdict.kind === 'too few') {
      said.push(...heard.map(word => [word.place.name, few(word, run.quorum)] as [string, string]))
      return { kind: 'not here', said }
    }
    const claimOf = (place: Place): Claim => ({
      tar: verdict.tar,
      builders: [...new Set(statements.map(({ trusted }) => builderOf(trusted)))],
      place: place.name,
    })
    const having = heard.filter(word => word.statements.length > 0)
    const [first] = having
    if (first && run.spotCheck > 0 && isSpotChecked(hash, run.spotCheck, run.notes.salt))
      return { kind: 'to be compared', claim: claimOf(first.place) }
    for (const word of having) {
      const got = await take(wanted, word, patienceOf(run, places.length === 1), run, statements)
      if (got.ok) return { kind: 'here', claim: claimOf(word.place) }
      if (got.error.kind === 'disk') {
        run.tell(diskMessage(wanted, got.error))
        return { kind: 'not here', said: [...said, [word.place.name, 'it, but the disk did not take it']] }
      }
      leave(word.place, got.error)
    }
  }
  return { kind: 'not here', said }
}

/** Takes the package itself from a place, and believes nothing of it that was not proved. */
async function take(
  { key }: Wanted,
  { place, statements: own }: Word,
  patience: Patience,
  { store, notes }: Obtaining,
  statements: readonly Statement[],
): Promise<Result<void, Failure | NoRoom>> {
  let path: string
  try {
    path = incomingPath(store, key.hash)
  } catch (error) {
    return refuse({
      kind: 'disk',
      code: (error as NodeJS.ErrnoException).code ?? String(error),
      folder: store,
    })
  }
  try {
    const received = await receive(
      place,
      own.map(({ record }) => record),
      path,
      patience,
    )
    if (!received.ok) {
      if (['slow', 'stalled'].includes(received.error.kind)) notes.leave(KEPT_WAITING)
      return received
    }
    const proven = await provenTree(store, path, received.value.tar, key.setuid)
    if (!proven.ok) {
      if (proven.error.kind === 'disk full') return refuse({ kind: 'disk', code: 'ENOSPC', folder: store })
      return refuse({ kind: 'lie', why: lie(proven.error) })
    }
    // One that is there was not taken from here, and nobody here speaks of it.
    if (!existsSync(packagePath(store, key.hash))) keepStatements(store, statements)
    const kept = keepPackage(store, key, path)
    if (kept === 'no room') return refuse({ kind: 'disk', code: 'ENOSPC', folder: store })
    return kept === 'there' ? agreement(store, key, received.value.tar) : ok(undefined)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return refuse({ kind: 'disk', code: error.code, folder: store })
  } finally {
    rmSync(path, { force: true })
  }
}

/** The note that one of the caches of this run kept it waiting for a package that it has. */
const KEPT_WAITING = 'kept waiting'

/**
 * Several caches that do would else cost all of our patience each, one after the other. Without the last one that is
 * left the package has to be built, which may take hours: that one may begin as late as any.
 */
function patienceOf({ notes, patience }: Obtaining, isLast: boolean): Patience {
  if (notes.read(KEPT_WAITING) === undefined) return patience
  return {
    firstByteMs: isLast ? patience.firstByteMs : patience.firstByteMs * HURRY,
    idleMs: patience.idleMs * HURRY,
    leastBytes: patience.leastBytes * HURRY,
  }
}

const HURRY = 0.3

/** Of a package that came into the store while this one was on its way; that one stays. */
function agreement(store: string, { hash }: Key, tar: Sha256): Result<void, Failure> {
  const there = identityAt(packagePath(store, hash))
  if (there === undefined || there === tar) return ok(undefined)
  const who = readBuilt(store, hash) === there ? 'a build here' : 'another package of this key, in the store,'
  return refuse({ kind: 'lie', why: `${who} came out otherwise` })
}

const lie = (problem: TarProblem): string =>
  problem.kind === 'entry'
    ? `what no package of this key holds: ${quoted(problem.name)}: ${problem.why}`
    : 'the package is not the tar that its record tells of'

/**
 * A cache that always takes a second to say that it has nothing is never late, and yet costs that for each package.
 * So those answers are counted, by all processes of the run together; at the third it is too much.
 */
function slowMisses({ notes, patienceMs }: Obtaining, { place, statements, ms }: Word): Failure | undefined {
  if (statements.length > 0 || ms <= patienceMs / 3) return undefined
  for (let count = 1; count < SLOW_MISSES; count++)
    if (notes.leave(`slow miss ${count} of ${place.name}`)) return undefined
  return { kind: 'slow misses', count: SLOW_MISSES, seconds: patienceMs / 3000 }
}

const SLOW_MISSES = 3

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
  for (let count = 1; count < FORBIDDEN; count++)
    if (notes.leave(`forbidden ${count} by ${place.name}`)) return
  if (!notes.leave(`told of ${place.name}`)) return
  tell({
    cannot: `see anything in the package cache ${quoted(place.name)}`,
    why: `it has answered HTTP ${status} so far: it has nothing of this, or does not let you in`,
    remedy: 'look at its address, and at who may read it; it is asked on',
  })
}

const FORBIDDEN = 3

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
