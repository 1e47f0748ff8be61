import { TarRefusal } from './problem.ts'

/** The size of a header, and the unit that bodies are padded to. */
export const BLOCK_BYTES = 512

/** What a 512-byte header says about the bytes behind it. */
export interface TarHeader {
  /** As the header itself says it, for messages: a long name stands elsewhere. */
  readonly name: string
  /** The length in bytes of the name and the link target that stand in the header. */
  readonly nameBytes: number
  readonly type: string
  /** The bytes of its body, without padding. */
  readonly size: number
}

export const PAX = 'x'
export const PAX_GLOBAL = 'g'

/** GNU tar's: their body is the name, or the link target, of the next entry. */
export const GNU_LONG_TARGET = 'K'
export const GNU_LONG = ['L', 'N', GNU_LONG_TARGET]

/** A folder, or what tars from before POSIX had for one: a file whose name ends in a slash. */
export const isFolder = ({ name, type }: TarHeader): boolean =>
  type === '5' || (['0', '\0'].includes(type) && name.endsWith('/'))

export const isHardLink = ({ type }: TarHeader): boolean => type === '1'

/**
 * Reads a header as strictly as every tar writes it: where readers differ about a number, an
 * archive could show one thing to whom checks it and another to whom unpacks it. Undefined for the
 * blocks of zeros at an archive's end. What is damaged is thrown.
 */
export function readHeader(block: Uint8Array): TarHeader | undefined {
  const sum = checksum(block)
  if (sum === EMPTY_CHECKSUM) return undefined
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  const name = text(bytes, 0, 100)
  const target = text(bytes, 157, 100)
  const prefix = bytes.toString('latin1', 257, 263) === 'ustar\0' ? text(bytes, 345, 155) : ''
  const whole = prefix === '' ? name : `${prefix}/${name}`
  if (octal(bytes.toString('latin1', 148, 156)) !== sum)
    throw new TarRefusal({ kind: 'damaged', why: 'a header has another checksum than it says' })
  const size = number(bytes.subarray(124, 136))
  if (size === undefined) throw new TarRefusal({ kind: 'entry', name: whole, why: 'its size is no number' })
  const type = bytes.toString('latin1', 156, 157)
  return { name: whole, nameBytes: Buffer.byteLength(whole) + Buffer.byteLength(target), type, size }
}

/** Of a header that holds nothing: its checksum counts as eight spaces. */
const EMPTY_CHECKSUM = 8 * 0x20

function checksum(block: Uint8Array): number {
  let sum = EMPTY_CHECKSUM
  for (let at = 0; at < BLOCK_BYTES; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0
  return sum
}

/** The text of a field, which ends at its first NUL or with the field. */
export function text(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}

/** Octal digits, or GNU's form for sizes from 8 GiB: 0x80, then a number of 11 bytes. */
function number(field: Buffer): number | undefined {
  if (field[0] !== 0x80) return octal(field.toString('latin1'))
  const value = BigInt(`0x${field.toString('hex', 1)}`)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined
}

function octal(field: string): number | undefined {
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field)?.[1]
  if (digits === undefined) return undefined
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}
