import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { createIPNSRecord, marshalIPNSRecord } from 'ipns'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type IpnsName, nameOf } from './name.ts'

/** A key that says what a name means. */
export interface NameKey {
  readonly name: IpnsName
  /**
   * Signs that the name leads to `value` (`/ipfs/CID`), for so many milliseconds; those who have heard it need not
   * ask again for `ttlMs`.
   */
  sign(value: string, sequence: bigint, lifetimeMs: number, ttlMs: number): Promise<Uint8Array>
}

/**
 * The key in a file (ed25519, PKCS #8 in PEM), which is made, for its owner alone to read, when there is none.
 * Else why it cannot be used, as the end of a sentence.
 */
export function nameKeyIn(file: string): Result<NameKey, string> {
  try {
    const key = createPrivateKey(readFileSync(file))
    if (key.asymmetricKeyType !== 'ed25519') return refuse('it is no ed25519 key')
    const { d = '', x = '' } = key.export({ format: 'jwk' })
    return ok(nameKeyOf(Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')])))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT')
      return refuse(code === 'EACCES' ? 'permission denied' : 'it is no private key in PEM')
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
  return nameKeyIn(file)
}

/** The raw form: 32 bytes of the secret, 32 of the public key. */
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
