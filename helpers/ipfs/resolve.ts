import type { CID } from 'multiformats/cid'
import { ok, type Result, refuse } from '../../core/result.ts'
import { isSystemError } from '../../core/system-error.ts'
import { describe } from '../http/failure.ts'
import {
  type IpnsName,
  MAX_RECORD_BYTES,
  type NameRecord,
  parseName,
  type RecordPlace,
  readRecord,
  sequenceOf,
} from './name.ts'
import type { RecordFolder } from './record-folder.ts'

/** What a name leads to now. */
export interface Resolved {
  readonly cid: CID
  readonly path: readonly string[]
  /** For how many milliseconds nobody has to ask again. */
  readonly ttlMs: number
}

export interface Resolving {
  readonly places: readonly RecordPlace[]
  /** The newest records that were ever seen: nobody can bring an older one back. */
  readonly seen: RecordFolder
  readonly signal: AbortSignal
  /** After how many milliseconds without a newer one the record that was seen last is taken, if it still counts. */
  readonly keptAfterMs?: number
}

/** Follows a name to what it means; else why not, as the end of a sentence. */
export async function resolveName(text: string, resolving: Resolving): Promise<Result<Resolved, string>> {
  let next = text
  let ttlMs = Number.POSITIVE_INFINITY
  for (let hops = 0; hops < MOST_HOPS; hops++) {
    const name = parseName(next)
    if (!name.ok) return name
    const record = await newestRecord(name.value, resolving)
    if (!record.ok) return record
    const { target } = record.value
    ttlMs = Math.min(ttlMs, record.value.ttlMs)
    if (target.kind === 'ipfs') return ok({ cid: target.cid, path: target.path, ttlMs })
    next = target.name
  }
  return refuse(`it leads over more than ${MOST_HOPS} names`)
}

/** The newest valid record of all places; of equal ones that which came first. It is kept, and so is one that comes late. */
async function newestRecord(
  name: IpnsName,
  { places, seen, signal, keptAfterMs }: Resolving,
): Promise<Result<NameRecord, string>> {
  const kept = seen.read(name.text)
  const known = kept && (await readRecord(name, kept))
  const last = kept && sequenceOf(kept)
  const why = known && !known.ok ? [`the store has ${known.error}`] : []
  const best: { record?: NameRecord } = known?.ok ? { record: known.value } : {}
  const asked = places.map(async place => {
    const got = await place.record(name.text, MAX_RECORD_BYTES, signal)
    const read = got.ok ? await readRecord(name, got.value) : refuse(describe(got.error))
    if (!read.ok) {
      why.push(`${place.name} gave ${read.error}`)
      return false
    }
    const record = read.value
    if (best.record === undefined || record.sequence > best.record.sequence) {
      best.record = record
      keep(seen, name, record)
    }
    return true
  })
  await answers(asked, known?.ok ? keptAfterMs : undefined)
  const newest = best.record
  if (!newest) return refuse([...why, ...(places.length === 0 ? [NOBODY] : [])].join('; '))
  if (last !== undefined && newest.sequence < last)
    return refuse(`all records that can be had are older than one that was seen (number ${last})`)
  return ok(newest)
}

const NOBODY =
  'there is nobody to ask: name gateways in COOLPORTS_IPFS_GATEWAYS, or run an IPFS daemon; peers are not asked'

/**
 * Unless a newer one is there, perhaps by now. A store that takes no more is no reason to do without what the name means.
 */
function keep(seen: RecordFolder, { text }: IpnsName, { bytes, sequence }: NameRecord): void {
  const there = seen.read(text)
  const last = there && sequenceOf(there)
  if (last !== undefined && sequence < last) return
  try {
    seen.write(text, bytes)
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}

/** Waits for all; but not long for the rest when one has a good answer, and for such a one no longer than `mostMs`. */
async function answers(all: readonly Promise<boolean>[], mostMs?: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let isDecided = false
  const enough = new Promise<void>(resolve => {
    if (mostMs !== undefined) timer = setTimeout(resolve, mostMs)
    for (const one of all)
      void one.then(good => {
        if (!good || isDecided) return
        isDecided = true
        clearTimeout(timer)
        timer = setTimeout(resolve, GRACE_MS)
      })
  })
  await Promise.race([Promise.all(all), enough])
  isDecided = true
  clearTimeout(timer)
}

/** What others may take to come with a newer record. */
const GRACE_MS = 500

const MOST_HOPS = 8
