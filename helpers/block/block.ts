import type { CID } from 'multiformats/cid'
import { sha256 } from '../../core/digest.ts'
import type { Result } from '../../core/result.ts'
import type { Failure } from '../http/failure.ts'
import { digestOf } from './cid.ts'
import type { IpfsFailure } from './failure.ts'

/** The largest block that IPFS nodes hand to each other (2 MiB, the limit of bitswap). */
export const MAX_BLOCK_BYTES = 2 ** 21

/** One who may have blocks: a gateway, a daemon, or a peer. What it gives is checked here, not there. */
export interface BlockPlace {
  /** As a person knows it: its host. */
  readonly name: string
  block(cid: CID, signal: AbortSignal): Promise<Result<Uint8Array, Failure>>
  /** The blocks of a file as one archive, in the order in which it is read, from a byte of the file on. */
  archive?(cid: CID, from: number, signal: AbortSignal): Promise<Result<AsyncIterable<Uint8Array>, Failure>>
}

/** Where a reader gets blocks from: each of them is the one that was asked for. */
export interface Blocks {
  get(cid: CID, signal: AbortSignal): Promise<Result<Uint8Array, IpfsFailure>>
}

/** The failure of a place that gave other bytes than those asked for. */
export function blockFault(cid: CID, bytes: Uint8Array): Failure | undefined {
  if (bytes.length > MAX_BLOCK_BYTES) return { kind: 'endless', limit: MAX_BLOCK_BYTES }
  const got = sha256(bytes)
  return got === digestOf(cid) ? undefined : { kind: 'digest', got, bytes: bytes.length }
}
