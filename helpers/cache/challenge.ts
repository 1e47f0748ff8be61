import { existsSync } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import { packagePath } from '../../core/store.ts'
import { readBuilt } from '../store/built.ts'
import { tarDigest } from '../tar/unpack.ts'
import { describe } from './failure.ts'
import type { Place } from './place.ts'
import { originOf } from './provenance.ts'
import { type CacheRecord, isExpired } from './record.ts'
import { verifyRecord } from './signed-record.ts'
import { askPlace } from './statements.ts'
import { builderOf, type TrustedKey } from './trust.ts'

/** One builder's word in one place. */
export interface Said {
  readonly place: string
  readonly builder: string
  readonly record: CacheRecord
  readonly expired: boolean
}

/** A place that gave nothing that can be believed about a builder's record. */
interface Trouble {
  readonly place: string
  readonly builder: string
  readonly why: string
}

export interface Comparison {
  readonly said: readonly Said[]
  /** Whether a place said something now. What was said when the store's package came is no answer of today. */
  readonly answered: boolean
  readonly troubles: readonly Trouble[]
  /** What a build here came out as, else what the store has of it; `built` tells which. */
  readonly local?: { readonly tar: Sha256; readonly built: boolean }
  /** Who says otherwise than the build here; without one, than most say; where no answer has the most, everybody. */
  readonly differing: readonly string[]
}

/** The place of what is kept beside a package that came from a cache. No url is written so. */
const THE_STORE = 'the store'

/** How long a place may take: nobody's build waits for this. */
const PATIENCE_MS = 10_000

/** Asks every place for the word of every builder, and compares. */
export async function challenge(
  hash: Sha256,
  places: readonly Place[],
  keys: readonly TrustedKey[],
  store: string,
  today: string,
  patienceMs = PATIENCE_MS,
): Promise<Comparison> {
  const said: Said[] = []
  const troubles: Trouble[] = []
  const questions = places.flatMap(place => keys.map(trusted => ({ place, trusted })))
  // One at a time for each builder, lest a lie about one hides what others say.
  await Promise.all(
    questions.map(async ({ place, trusted }) => {
      const signal = AbortSignal.timeout(patienceMs)
      const answer = await askPlace(place, hash, [trusted], today, signal)
      const about = { place: place.name, builder: builderOf(trusted) }
      if (!answer.ok) {
        // What ended the question is our patience, whatever the place calls that.
        const slow = { kind: 'slow', seconds: patienceMs / 1000 } as const
        troubles.push({ ...about, why: describe(signal.aborted ? slow : answer.error) })
        return
      }
      for (const { record } of answer.value.statements) said.push({ ...about, record, expired: false })
      for (const { record } of answer.value.expired) said.push({ ...about, record, expired: true })
    }),
  )
  const answered = said.length > 0
  const tar = await storeTar(store, hash)
  if (tar !== undefined) said.push(...saidBefore(store, hash, tar, keys, today))
  const order = (one: { readonly place: string; readonly builder: string }): number =>
    questions.findIndex(
      ({ place, trusted }) => place.name === one.place && builderOf(trusted) === one.builder,
    )
  said.sort((a, b) => order(a) - order(b))
  troubles.sort((a, b) => order(a) - order(b))
  const local = localOf(readBuilt(store, hash), tar)
  return { said, answered, troubles, ...(local ? { local } : {}), differing: differing(said, local) }
}

/** Of a package of which one cannot say that it was built here, nothing is known but that it is in the store. */
const localOf = (built: Sha256 | undefined, tar: Sha256 | undefined): Comparison['local'] =>
  built !== undefined ? { tar: built, built: true } : tar === undefined ? undefined : { tar, built: false }

async function storeTar(store: string, hash: Sha256): Promise<Sha256 | undefined> {
  const path = packagePath(store, hash)
  if (!existsSync(path)) return undefined
  const tar = await tarDigest(path)
  return tar.ok ? tar.value : undefined
}

/**
 * What the store's package was believed for when it came. It may be that all say something else by now, and
 * that nobody else was ever given this one.
 */
function saidBefore(
  store: string,
  hash: Sha256,
  tar: Sha256,
  keys: readonly TrustedKey[],
  today: string,
): readonly Said[] {
  const origin = originOf(store, hash, tar)
  if (origin.kind !== 'from caches') return []
  return origin.kept.flatMap(({ record, file }) => {
    const trusted = keys.find(({ key }) => key.id === record.builder && verifyRecord(key, file).ok)
    if (!trusted) return []
    return [{ place: THE_STORE, builder: builderOf(trusted), record, expired: isExpired(record, today) }]
  })
}

/** Those who are to be named. A package that came from a cache speaks for nobody. */
export function differing(said: readonly Said[], local: Comparison['local']): readonly string[] {
  const votes = new Map<Sha256, Set<string>>()
  for (const { record, builder } of said)
    votes.set(record.tar, (votes.get(record.tar) ?? new Set()).add(builder))
  const ranked = [...votes].sort(([, a], [, b]) => b.size - a.size)
  const [first, second] = ranked
  const most = first && (first[1].size > (second?.[1].size ?? 0) || !second) ? first[0] : undefined
  const right = local?.built ? local.tar : most
  return [...new Set(said.filter(({ record }) => record.tar !== right).map(({ builder }) => builder))]
}
