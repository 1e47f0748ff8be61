import { gunzipSync } from 'node:zlib'
import { firstDifference } from './first-difference.ts'
import type { Variation } from './variation.ts'

/** Why two builds made different bytes, as far as the bytes tell. A guess, and said as one. */
export type Cause =
  /** Each has its own value of something that was made different: a path, a name of a user or host. */
  | { readonly kind: 'variation'; readonly what: string }
  | { readonly kind: 'time stamp' }
  | { readonly kind: 'build id' }
  | { readonly kind: 'order' }
  | { readonly kind: 'path' }
  | { readonly kind: 'unknown' }

export function likelyCause(
  here: Buffer,
  there: Buffer,
  offset: number,
  variations: readonly Variation[],
): Cause {
  const varied = variations.find(
    one => shows(here, one.here, one.there, there) || shows(there, one.there, one.here, here),
  )
  if (varied) return { kind: 'variation', what: varied.what }
  if (samePieces(here, there)) return { kind: 'order' }
  if (inGzipTime(here, offset) && inGzipTime(there, offset)) return { kind: 'time stamp' }
  const unpacked = bothUnpacked(here, there)
  if (unpacked) return likelyCause(unpacked.here, unpacked.there, unpacked.offset, variations)
  const id = Math.min(endOfBuildId(here, offset), endOfBuildId(there, offset))
  if (id > offset) {
    // It is made of all the rest, which tells more where it differs as well.
    const next = firstDifference(here, there, id)
    return next === undefined ? { kind: 'build id' } : causeAt(here, there, next)
  }
  return causeAt(here, there, offset)
}

function causeAt(here: Buffer, there: Buffer, offset: number): Cause {
  const [a, b] = [stringAt(here, offset), stringAt(there, offset)]
  if (isDate(a) && isDate(b)) return { kind: 'time stamp' }
  if (areTimes(writtenSeconds(here, offset), writtenSeconds(there, offset))) return { kind: 'time stamp' }
  if (a.includes('/') && b.includes('/')) return { kind: 'path' }
  const isText = Math.min(a.length, b.length) > 3
  return !isText && inTimes(here, there, offset) ? { kind: 'time stamp' } : { kind: 'unknown' }
}

/** Short values are everywhere by chance. */
const LEAST = 4

/** Whether a value is in one build's bytes and the other's bytes do not have it. */
function shows(bytes: Buffer, value: string, other: string, otherBytes: Buffer): boolean {
  return value.length >= LEAST && value !== other && bytes.includes(value) && !otherBytes.includes(value)
}

/** The name of the ELF note that `ld --build-id` writes: "GNU\0", behind its type, NT_GNU_BUILD_ID = 3. */
const BUILD_ID = Buffer.from('\x03\0\0\0GNU\0', 'latin1')
const LONGEST_ID = 64

/** Of the build id that a place is inside of, else 0. Its length stands in front of the type. */
function endOfBuildId(bytes: Buffer, offset: number): number {
  const at = bytes.lastIndexOf(BUILD_ID, offset)
  if (at < 4) return 0
  const end = at + BUILD_ID.length + Math.min(bytes.readUInt32LE(at - 4), LONGEST_ID)
  return offset < end ? end : 0
}

/** The printable text around a place. */
function stringAt(bytes: Buffer, offset: number): string {
  const printable = (at: number): boolean => {
    const byte = bytes[at]
    return byte !== undefined && byte >= 0x20 && byte < 0x7f
  }
  let [from, to] = [offset, offset]
  while (from > 0 && offset - from < 256 && printable(from - 1)) from--
  while (to < bytes.length && to - offset < 256 && printable(to)) to++
  return bytes.toString('latin1', from, to)
}

/** As C's __DATE__ and __TIME__, date(1), RFC 3339 and RFC 5322 write dates and times of day. */
const DATES =
  /\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2}\b|\b(19|20)\d\d[-/]\d\d[-/]\d\d\b|\b\d\d:\d\d:\d\d\b/

const isDate = (text: string): boolean => DATES.test(text)

/** The same words, or the same members of an ar archive, in another order. */
function samePieces(here: Buffer, there: Buffer): boolean {
  if (here.length !== there.length) return false
  const [a, b] = [arMembers(here), arMembers(there)]
  if (a && b) return isShuffled(a, b)
  const words = (bytes: Buffer): string[] => bytes.toString('latin1').split(/[\s\0]/)
  return sameBytes(here, there) && isShuffled(words(here), words(there))
}

const isShuffled = (a: string[], b: string[]): boolean =>
  a.join('\n') !== b.join('\n') && a.sort().join('\n') === b.sort().join('\n')

/** In any order. Most contents end here; to take a large one into words takes seconds. */
function sameBytes(a: Buffer, b: Buffer): boolean {
  const counts = new Int32Array(256)
  for (const byte of a) counts[byte] = (counts[byte] ?? 0) + 1
  for (const byte of b) counts[byte] = (counts[byte] ?? 0) - 1
  return counts.every(count => count === 0)
}

/**
 * An ar archive: a magic line, then members with headers of 60 bytes, each begun at an even place. Without the list
 * of symbols and that of long names, which follow the order of the others, and without the names, which may be places
 * in such a list.
 */
function arMembers(bytes: Buffer): string[] | undefined {
  if (bytes.toString('latin1', 0, 8) !== '!<arch>\n') return undefined
  const members: string[] = []
  for (let at = 8; at + 60 <= bytes.length; ) {
    const size = Number.parseInt(bytes.toString('latin1', at + 48, at + 58), 10)
    if (!(size >= 0)) return undefined
    const isList = /^\/(\/|SYM64\/)? *$/.test(bytes.toString('latin1', at, at + 16))
    if (!isList) members.push(bytes.toString('latin1', at + 16, at + 60 + size))
    at += 60 + size + (size % 2)
  }
  return members
}

/** More is not looked into. */
const MOST = 256 * 1024 ** 2

/** What two gzip files hold, where that differs. */
function bothUnpacked(
  here: Buffer,
  there: Buffer,
): { readonly here: Buffer; readonly there: Buffer; readonly offset: number } | undefined {
  if (!isGzip(here) || !isGzip(there)) return undefined
  try {
    const [a, b] = [here, there].map(bytes => gunzipSync(bytes, { maxOutputLength: MOST })) as [
      Buffer,
      Buffer,
    ]
    const offset = firstDifference(a, b)
    return offset === undefined ? undefined : { here: a, there: b, offset }
  } catch {
    return undefined
  }
}

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Bytes 4 to 7 of a gzip file are the time of the original (RFC 1952, 2.3.1). */
const inGzipTime = (bytes: Buffer, offset: number): boolean => isGzip(bytes) && offset >= 4 && offset < 8

/** Seconds since 1970: 2015 to 2035. */
const [EARLIEST, LATEST] = [1_420_000_000, 2_050_000_000]
/** Two builds that are compared are rarely further apart: two years, in seconds. */
const APART = 63_072_000

/** Whether the place is inside of what could be the times of the two builds: numbers, at a place for numbers. */
function inTimes(here: Buffer, there: Buffer, offset: number): boolean {
  const at = offset - (offset % 4)
  if (at + 4 > here.length || at + 4 > there.length) return false
  return areTimes(here.readUInt32LE(at), there.readUInt32LE(at))
}

function areTimes(a: number, b: number): boolean {
  const isTime = (seconds: number): boolean => seconds > EARLIEST && seconds < LATEST
  return isTime(a) && isTime(b) && Math.abs(a - b) < APART
}

/** The number that is written at a place: with ten digits decimal, as `date +%s` and ar have it, with eleven octal, as tar. */
function writtenSeconds(bytes: Buffer, offset: number): number {
  const isDigit = (byte = 0): boolean => byte >= 0x30 && byte <= 0x39
  let [from, to] = [offset, offset]
  while (offset - from < 11 && isDigit(bytes[from - 1])) from--
  while (to - offset < 11 && isDigit(bytes[to])) to++
  const digits = bytes.toString('latin1', from, to)
  return digits.length === 10
    ? Number(digits)
    : digits.length === 11
      ? Number.parseInt(digits, 8)
      : Number.NaN
}
