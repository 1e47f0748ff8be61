import { varint } from 'multiformats'

/** A number as it stands at a place: seven bits a byte, the lowest first. Nothing where it is cut or too long. */
export function numberAt(
  bytes: Uint8Array,
  at = 0,
): { readonly value: number; readonly size: number } | undefined {
  let value = 0
  for (let size = 0; size < LONGEST; size++) {
    const byte = bytes[at + size]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * size)
    if (byte < 0x80) return { value, size: size + 1 }
  }
  return undefined
}

/** Of 64 bits: negative ones, of which none means anything here, have all of them. */
export const LONGEST = 10

export const numberBytes = (value: number): Uint8Array =>
  varint.encodeTo(value, new Uint8Array(varint.encodingLength(value)))
