import { CID } from 'multiformats/cid'
import { numberAt, numberBytes } from './varint.ts'

/**
 * What peers tell each other: which blocks they want, the blocks themselves, and which they have or have not.
 * Source of the format: the specification of bitswap, version 1.2.0.
 */
interface Message {
  readonly wants: readonly Want[]
  /** The wants take the place of all earlier ones. */
  readonly full: boolean
  readonly blocks: readonly Uint8Array[]
  readonly presences: readonly Presence[]
}

export interface Want {
  readonly cid: CID
  /** It is wanted no longer. */
  readonly cancel: boolean
  /** It is asked only whether the block is there. */
  readonly presence: boolean
  /** To say so as well when it is not there. */
  readonly sayAbsent: boolean
}

interface Presence {
  readonly cid: CID
  readonly has: boolean
}

export const PROTOCOL = '/ipfs/bitswap/1.2.0'

/** The longest message that there may be, by the specification: busy peers fill it with what they want. */
export const MAX_MESSAGE_BYTES = 2 ** 22

/** Reads a message; nothing if it is none. What is of a kind unknown here is left out. */
export function parseMessage(bytes: Uint8Array): Message | undefined {
  try {
    const message = fieldsOf(bytes)
    const wantlist = message.filter(([field]) => field === 1).flatMap(([, value]) => fieldsOf(inner(value)))
    return {
      wants: wantlist.filter(([field]) => field === 1).flatMap(([, value]) => wantOf(inner(value))),
      full: wantlist.some(([field, value]) => field === 2 && value === 1),
      blocks: message
        .filter(([field]) => field === 3)
        .flatMap(([, value]) => fieldsOf(inner(value)))
        .filter(([field]) => field === 2)
        .map(([, value]) => inner(value)),
      presences: message.filter(([field]) => field === 4).flatMap(([, value]) => presenceOf(inner(value))),
    }
  } catch {
    return undefined
  }
}

function wantOf(bytes: Uint8Array): readonly Want[] {
  const fields = new Map(fieldsOf(bytes))
  const cid = cidOf(fields.get(1))
  if (!cid) return []
  const is = (field: number): boolean => fields.get(field) === 1
  return [{ cid, cancel: is(3), presence: is(4), sayAbsent: is(5) }]
}

function presenceOf(bytes: Uint8Array): readonly Presence[] {
  const fields = new Map(fieldsOf(bytes))
  const cid = cidOf(fields.get(1))
  return cid ? [{ cid, has: fields.get(2) !== 1 }] : []
}

function cidOf(value: Value | undefined): CID | undefined {
  try {
    const bytes = inner(value)
    return bytes.length > LONGEST_CID ? undefined : CID.decode(bytes)
  } catch {
    return undefined
  }
}

/** None that names a block of ours is longer; one may hold a whole block in place of its digest. */
const LONGEST_CID = 128

/** A message to a peer. */
interface Telling {
  readonly wants?: readonly Want[]
  readonly blocks?: readonly { readonly cid: CID; readonly bytes: Uint8Array }[]
  readonly presences?: readonly Presence[]
}

export function formatMessage({ wants = [], blocks = [], presences = [] }: Telling): Uint8Array {
  const wantlist = wants.map(({ cid, cancel, presence, sayAbsent }) =>
    bytesField(
      1,
      Buffer.concat([
        bytesField(1, cid.bytes),
        numberField(2, 1),
        numberField(3, cancel),
        numberField(4, presence),
        numberField(5, sayAbsent),
      ]),
    ),
  )
  return Buffer.concat([
    ...(wants.length > 0 ? [bytesField(1, Buffer.concat(wantlist))] : []),
    ...blocks.map(({ cid, bytes }) =>
      bytesField(3, Buffer.concat([bytesField(1, prefixOf(cid)), bytesField(2, bytes)])),
    ),
    ...presences.map(({ cid, has }) =>
      bytesField(4, Buffer.concat([bytesField(1, cid.bytes), numberField(2, !has)])),
    ),
  ])
}

/** A CID but for the digest, which the peer computes of the block. */
const prefixOf = ({ version, code, multihash }: CID): Uint8Array =>
  Buffer.concat([version, code, multihash.code, multihash.size].map(numberBytes))

/** Fields of protocol buffers: a number, or bytes. */
type Value = number | Uint8Array

function fieldsOf(bytes: Uint8Array): readonly (readonly [field: number, value: Value])[] {
  const fields: (readonly [number, Value])[] = []
  for (let at = 0; at < bytes.length; ) {
    const tag = numberAt(bytes, at)
    const number = tag && numberAt(bytes, at + tag.size)
    if (!tag || !number) throw new RangeError('a number that is cut')
    at += tag.size + number.size
    const field = Math.floor(tag.value / 8)
    const kind = tag.value % 8
    if (kind === 0) fields.push([field, number.value])
    else if (kind === 2 && number.value <= bytes.length - at) {
      fields.push([field, bytes.subarray(at, at + number.value)])
      at += number.value
    } else throw new RangeError('a field of an unknown kind, or one that is cut')
  }
  return fields
}

function inner(value: Value | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new RangeError('a number in place of bytes')
}

const bytesField = (field: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([numberBytes((field << 3) | 2), numberBytes(bytes.length), bytes])

const numberField = (field: number, value: number | boolean): Uint8Array =>
  Buffer.concat([numberBytes(field << 3), numberBytes(Number(value))])

/** A message as it stands in a stream: behind its length. */
export const framed = (message: Uint8Array): Uint8Array =>
  Buffer.concat([numberBytes(message.length), message])
