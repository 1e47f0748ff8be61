import { publicKeyFromMultihash } from '@libp2p/crypto/keys'
import { multihashToIPNSRoutingKey, unmarshalIPNSRecord } from 'ipns'
import { ipnsValidator } from 'ipns/validator'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { type Digest, decode } from 'multiformats/hashes/digest'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { anyCid, parseCid } from '../block/cid.ts'
import type { Failure } from '../http/failure.ts'

/** An IPNS name: the hash of a public key, or the key itself, whose owner says what the name means. */
export interface IpnsName {
  /** In the form `k51…` (CID of version 1, base36), whatever it was written in. */
  readonly text: string
  /** What a record is valid for, in bytes. */
  readonly routingKey: Uint8Array
}

/** One who may have the record of an IPNS name. What it gives is checked here, not there. */
export interface RecordPlace {
  readonly name: string
  /** The bytes of a record that has `most` at most. */
  record(name: string, most: number, signal: AbortSignal): Promise<Result<Uint8Array, Failure>>
}

/** What a valid record says. */
export interface NameRecord {
  /** Where the name leads: to content, or to another name. */
  readonly target: Target
  /** Of two valid records the one with the higher number counts. */
  readonly sequence: bigint
  /** For how many milliseconds nobody has to ask again. */
  readonly ttlMs: number
  readonly bytes: Uint8Array
}

type Target =
  | { readonly kind: 'ipfs'; readonly cid: CID; readonly path: readonly string[] }
  | { readonly kind: 'ipns'; readonly name: string }

/** The largest record (the specification of IPNS records). */
export const MAX_RECORD_BYTES = 10 * 1024

/** Reads a name, as the key that it stands for; else why it is none, as the end of a sentence. */
export function parseName(text: string): Result<IpnsName, string> {
  const multihash = text.length > 128 ? undefined : multihashOf(text)
  if (multihash) return ok(nameOf(multihash))
  return refuse(
    text.includes('.')
      ? `${quoted(text)} is a DNS name: what it means is not signed, so it proves nothing`
      : `${quoted(text)} is no IPNS name`,
  )
}

export function nameOf(multihash: Digest<number, number>): IpnsName {
  const cid = CID.createV1(LIBP2P_KEY, multihash)
  return { text: cid.toString(base36), routingKey: multihashToIPNSRoutingKey(multihash as never) }
}

function multihashOf(text: string): Digest<number, number> | undefined {
  try {
    if (/^(1|Qm)/.test(text)) return keyHash(decode(base58btc.baseDecode(text)))
    const cid = anyCid(text)
    return cid?.code === LIBP2P_KEY ? keyHash(cid.multihash) : undefined
  } catch {
    return undefined
  }
}

/** A key itself (identity), which has to be one, or its sha2-256. */
function keyHash(multihash: Digest<number, number>): Digest<number, number> | undefined {
  if (multihash.code === 0) publicKeyFromMultihash(multihash as never)
  else if (multihash.code !== 0x12 || multihash.digest.length !== 32) return undefined
  return multihash
}

const LIBP2P_KEY = 0x72

/** Checks the signature and the validity of a record; else why it does not count, as the end of a sentence. */
export async function readRecord(name: IpnsName, bytes: Uint8Array): Promise<Result<NameRecord, string>> {
  try {
    await ipnsValidator(name.routingKey, bytes)
  } catch (error) {
    if ((error as Error).name !== 'RecordExpiredError') return refuse('a false record')
    const end = unmarshalIPNSRecord(bytes).validity.slice(0, 'YYYY-MM-DDThh:mm:ss'.length)
    return refuse(`a record that counted until ${end}Z: who owns the name has to publish again`)
  }
  const { value, sequence, ttl } = unmarshalIPNSRecord(bytes)
  const target = targetOf(value)
  if (!target) return refuse(`a record that leads to ${quoted(value)}`)
  return ok({ target, sequence, ttlMs: Math.min(Number((ttl ?? 0n) / 1_000_000n), DAY_MS), bytes })
}

/** The number of a record that was valid once; undefined where it is damaged. */
export function sequenceOf(bytes: Uint8Array): bigint | undefined {
  try {
    return unmarshalIPNSRecord(bytes).sequence
  } catch {
    return undefined
  }
}

const DAY_MS = 24 * 3600 * 1000

function targetOf(value: string): Target | undefined {
  const [empty, kind, name = '', ...path] = value.replace(/\/$/, '').split('/')
  if (empty !== '') return undefined
  if (kind === 'ipns' && path.length === 0) return { kind: 'ipns', name }
  const cid = kind === 'ipfs' ? parseCid(name) : undefined
  return cid?.ok ? { kind: 'ipfs', cid: cid.value, path } : undefined
}
