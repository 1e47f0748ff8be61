import { isSha256, type Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { isPackageName, type PackageName } from '../../core/name.ts'
import { parseRecfile, value, values } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { LIMITS } from '../http/limits.ts'
import { isKeyId, type KeyId } from './minisign.ts'

/** What a builder says about a package that it built. Signed, it is all that is believed of a cache. */
export interface CacheRecord {
  readonly name: PackageName
  /** With the release: `1.3.1-1`. */
  readonly version: string
  readonly hash: Sha256
  /** Of the tar: the identity of its bytes, in which builders have to agree. */
  readonly tar: Sha256
  /** Of the `.tar.gz`, which may differ between compressors. */
  readonly gz: Sha256
  /** Of the `.tar.gz`, in bytes. */
  readonly size: number
  /** What it needs to run, itself left out. */
  readonly closure: readonly Member[]
  readonly builder: KeyId
  /** The last day, in UTC, on which this is still said: `2027-12-31`. */
  readonly expires?: string
}

export interface Member {
  readonly hash: Sha256
  readonly name: PackageName
}

/** No record is longer: 2,000 members of the longest name. */
export const MAX_RECORD_BYTES = 512 * 1024
const MAX_MEMBERS = 2000

/** A recutils record, whose every byte is decided by what it says. */
export const recordText = (record: CacheRecord): string =>
  [
    `package: ${record.name}`,
    `version: ${record.version}`,
    `pkghash: ${record.hash}`,
    `tar_sha256: ${record.tar}`,
    `gz_sha256: ${record.gz}`,
    `size: ${record.size}`,
    ...record.closure.map(({ hash, name }) => `closure: ${hash} ${name}`),
    `builder: ${record.builder}`,
    ...(record.expires === undefined ? [] : [`expires: ${record.expires}`]),
    '',
  ].join('\n')

/** Reads a record; the refusal is the end of a sentence. There is one way only to write what it says. */
export function readRecord(text: string): Result<CacheRecord, string> {
  if (Buffer.byteLength(text) > MAX_RECORD_BYTES) return refuse('it is too long')
  const { records, problems } = parseRecfile(text)
  const [record] = records
  if (problems[0]) return refuse(`line ${problems[0].line} is no field`)
  if (!record || records.length > 1) return refuse('it is not one record')
  const field = (name: string): string => value(record, name) ?? ''
  const closure = values(record, 'closure').map(memberOf)
  const [name, version, hash, tar, gz] = ['package', 'version', 'pkghash', 'tar_sha256', 'gz_sha256'].map(
    field,
  )
  const builder = field('builder')
  const expires = value(record, 'expires')
  if (!name || !isPackageName(name)) return refuse('its package has no name')
  if (!version || !VERSION.test(version)) return refuse('it has no version')
  if (!hash || !isSha256(hash)) return refuse('pkghash is not a sha256')
  if (!tar || !isSha256(tar)) return refuse('tar_sha256 is not a sha256')
  if (!gz || !isSha256(gz)) return refuse('gz_sha256 is not a sha256')
  if (!/^[1-9]\d{0,14}$/.test(field('size')) || Number(field('size')) > LIMITS.maxBytes)
    return refuse('size is not a number of bytes that a package may have')
  if (closure.length > MAX_MEMBERS) return refuse('its closure is too long')
  if (!closure.every(one => one !== undefined)) return refuse('its closure names what is no package')
  if (!isKeyId(builder)) return refuse('its builder is not the number of a key')
  if (expires !== undefined && !isDay(expires)) return refuse('expires is not a day')
  const read: CacheRecord = {
    name,
    version,
    hash,
    tar,
    gz,
    size: Number(field('size')),
    closure,
    builder,
    ...(expires === undefined ? {} : { expires }),
  }
  if (recordText(read) === text) return ok(read)
  const unknown = record.fields.find(([one]) => !FIELDS.includes(one))?.[0]
  return refuse(
    unknown === undefined ? 'it is not written as records are' : `it has a field ${quoted(unknown)}`,
  )
}

/** Whether it is no longer said. `today` is a day like `expires`. */
export const isExpired = ({ expires }: CacheRecord, today: string): boolean =>
  expires !== undefined && expires < today

/** A day of the calendar, as year, month and day in ten characters. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString().startsWith(text)

/** The day of a time in milliseconds since 1970, in UTC. */
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** As the generator allows them, with a release behind. */
const VERSION = /^[0-9A-Za-z+._~]{1,200}-\d{1,9}$/

const FIELDS: readonly string[] = [
  'package',
  'version',
  'pkghash',
  'tar_sha256',
  'gz_sha256',
  'size',
  'closure',
  'builder',
  'expires',
]

function memberOf(text: string): Member | undefined {
  const [hash = '', name = '', ...rest] = text.split(' ')
  return isSha256(hash) && isPackageName(name) && rest.length === 0 ? { hash, name } : undefined
}
