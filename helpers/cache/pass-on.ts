import type { Sha256 } from '../../core/digest.ts'
import { ok, type Result } from '../../core/result.ts'
import type { Failure } from './failure.ts'
import { recordName } from './names.ts'
import type { Place } from './place.ts'
import type { Kept } from './provenance.ts'
import type { CacheRecord } from './record.ts'
import { askPlace } from './statements.ts'
import type { TrustedKey } from './trust.ts'

/** A place that what others said is passed on to. */
interface PassingOn {
  readonly place: Place
  /** By which the records that are there are verified. */
  readonly keys: readonly TrustedKey[]
  readonly today: string
}

/** The `.tar.gz` that the place has, or will have. */
interface Bytes {
  readonly gz: Sha256
  readonly size: number
}

/** Whether a record is of these very bytes: another `.tar.gz` of the same tar would be refused by who has it. */
export const isOf = ({ record }: Pick<Kept, 'record'>, { gz, size }: Bytes): boolean =>
  record.gz === gz && record.size === size

/**
 * Those of the statements that the place lacks. A record is not replaced by an older one: its builder may have
 * renewed it since we have it, and who asks the place would hear again what is over soon.
 */
export async function lacking(
  statements: readonly Kept[],
  bytes: Bytes,
  passing: PassingOn,
): Promise<Result<readonly Kept[], Failure>> {
  const missing: Kept[] = []
  for (const one of statements) {
    const there = await has(one, bytes, passing)
    if (!there.ok) return there
    if (!there.value) missing.push(one)
  }
  return ok(missing)
}

/** Whether anybody whom the user trusts says of the place's package, in the place, that this is its tar. */
export async function isSpokenFor(
  hash: Sha256,
  tar: Sha256,
  bytes: Bytes,
  { place, keys, today }: PassingOn,
): Promise<boolean> {
  for (const trusted of keys) {
    const answer = await askPlace(place, hash, [trusted], today, never())
    const statements = answer.ok ? answer.value.statements : []
    if (statements.some(one => one.record.tar === tar && isOf(one, bytes))) return true
  }
  return false
}

async function has(
  { record }: Kept,
  bytes: Bytes,
  { place, keys, today }: PassingOn,
): Promise<Result<boolean, Failure>> {
  const trusted = keys.find(({ key }) => key.id === record.builder)
  if (!trusted) return hasAny(place, record)
  const answer = await askPlace(place, record.hash, [trusted], today, never())
  if (answer.ok) {
    const same = answer.value.statements.filter(one => one.record.tar === record.tar && isOf(one, bytes))
    return ok(same.some(one => end(one.record) >= end(record)))
  }
  // What nobody signed may be replaced.
  const { kind } = answer.error
  return kind === 'lie' || kind === 'no folder' ? ok(false) : answer
}

/** Of a builder whose key we do not have, nobody can say which record is the older one. */
async function hasAny(place: Place, { hash, builder }: CacheRecord): Promise<Result<boolean, Failure>> {
  const opened = await place.open(recordName(hash, builder), never())
  if (opened.ok) {
    opened.value.close()
    return ok(true)
  }
  const { kind } = opened.error
  return kind === 'absent' || kind === 'no folder' ? ok(false) : opened
}

/** The last day of a record; a day after all others if it has none. */
const end = ({ expires }: CacheRecord): string => expires ?? '9999-12-31'

const never = (): AbortSignal => new AbortController().signal
