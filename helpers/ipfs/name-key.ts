import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { createIPNSRecord, marshalIPNSRecord } from 'ipns'
import { ok, type Result } from '../../core/result.ts'
import { type IpnsName, nameOf } from './name.ts'
import { rawKeyIn } from './raw-key.ts'

/** A key that says what a name means. */
export interface NameKey {
  readonly name: IpnsName
  /**
   * Signs that the name leads to `value` (`/ipfs/CID`), for so many milliseconds; those who have heard it need not
   * ask again for `ttlMs`.
   */
  sign(value: string, sequence: bigint, lifetimeMs: number, ttlMs: number): Promise<Uint8Array>
}

/** The key of names in a file. Else why it cannot be used, as the end of a sentence. */
export function nameKeyIn(file: string): Result<NameKey, string> {
  const raw = rawKeyIn(file)
  return raw.ok ? ok(nameKeyOf(raw.value)) : raw
}

function nameKeyOf(raw: Uint8Array): NameKey {
  const key = privateKeyFromRaw(raw)
  return {
    name: nameOf(key.publicKey.toMultihash()),
    sign: async (value, sequence, lifetimeMs, ttlMs) =>
      marshalIPNSRecord(
        await createIPNSRecord(key, value, sequence, lifetimeMs, { ttlNs: BigInt(ttlMs) * 1_000_000n }),
      ),
  }
}
