import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeFolders } from '../../core/folders.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { isSystemError, readingFault } from '../../core/system-error.ts'

/**
 * The key in a file (ed25519, PKCS #8 in PEM), which is made, for its owner alone to read, when there is none: 32
 * bytes of the secret, 32 of the public key. Else why it cannot be used, as the end of a sentence.
 */
export function rawKeyIn(file: string): Result<Uint8Array, string> {
  try {
    const key = createPrivateKey(readFileSync(file))
    if (key.asymmetricKeyType !== 'ed25519') return refuse('it is no ed25519 key')
    const { d = '', x = '' } = key.export({ format: 'jwk' })
    return ok(Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]))
  } catch (error) {
    if (!isSystemError(error)) return refuse('it is no private key in PEM')
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') return refuse(readingFault(error))
  }
  try {
    makeFolders(dirname(file), 0o700)
    const { privateKey } = generateKeyPairSync('ed25519')
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!isSystemError(error)) throw error
    return refuse(`there is none, and it cannot be made (${error.code})`)
  }
  return rawKeyIn(file)
}
