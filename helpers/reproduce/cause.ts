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
  if (inBuildId(here, offset) && inBuildId(there, offset)) return { kind: 'build id' }
  const [a, b] = [stringAt(here, offset), stringAt(there, offset)]
  if (isDate(a) && isDate(b)) return { kind: 'time stamp' }
  if (samePieces(here, there)) return { kind: 'order' }
  if (inGzipTime(here, offset) && inGzipTime(there, offset)) return { kind: 'time stamp' }
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

function inBuildId(bytes: Buffer, offset: number): boolean {
  const at = bytes.lastIndexOf(BUILD_ID, offset)
  return at !== -1 && offset < at + BUILD_ID.length + LONGEST_ID
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

/** The same lines, or the same members of an ar archive, in another order. */
function samePieces(here: Buffer, there: Buffer): boolean {
  if (here.length !== there.length) return false
  const pieces = (bytes: Buffer): string =>
    (arMembers(bytes) ?? bytes.toString('latin1').split(/\n|\0/)).sort().join('\n')
  return pieces(here) === pieces(there)
}

/** An ar archive: a magic line, then members with headers of 60 bytes, each begun at an even place. */
function arMembers(bytes: Buffer): string[] | undefined {
  if (bytes.toString('latin1', 0, 8) !== '!<arch>\n') return undefined
  const members: string[] = []
  for (let at = 8; at + 60 <= bytes.length; ) {
    const size = Number.parseInt(bytes.toString('latin1', at + 48, at + 58), 10)
    if (!(size >= 0)) return undefined
    members.push(bytes.toString('latin1', at, at + 60 + size))
    at += 60 + size + (size % 2)
  }
  return members
}

/** Bytes 4 to 7 of a gzip file are the time of the original (RFC 1952, 2.3.1). */
const inGzipTime = (bytes: Buffer, offset: number): boolean =>
  bytes[0] === 0x1f && bytes[1] === 0x8b && offset >= 4 && offset < 8

/** Seconds since 1970: 2015 to 2035. */
const [EARLIEST, LATEST] = [1_420_000_000, 2_050_000_000]
/** Two builds that are compared are rarely further apart: two years, in seconds. */
const APART = 63_072_000

/** Whether the place is inside of what could be the times of the two builds: numbers, at a place for numbers. */
function inTimes(here: Buffer, there: Buffer, offset: number): boolean {
  const at = offset - (offset % 4)
  if (at + 4 > here.length || at + 4 > there.length) return false
  const [a, b] = [here.readUInt32LE(at), there.readUInt32LE(at)]
  const isTime = (seconds: number): boolean => seconds > EARLIEST && seconds < LATEST
  return isTime(a) && isTime(b) && Math.abs(a - b) < APART
}
