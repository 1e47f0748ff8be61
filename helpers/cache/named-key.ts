import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { type Result, refuse } from '../../core/result.ts'
import { readingFault } from '../../core/system-error.ts'
import { type PublicKey, readPublicKey, readSecretKey } from './minisign.ts'

/** A public key as a person names it: its line, or a file that holds it. Else why not, as the end of a sentence. */
export function namedKey(word: string): Result<PublicKey, string> {
  if (!existsSync(word)) {
    const key = readPublicKey(word)
    return key.ok ? key : refuse(`${key.error}, and there is no such file`)
  }
  try {
    const text = readStart(word)
    return readSecretKey(text).ok ? refuse(SECRET) : readPublicKey(text)
  } catch (error) {
    return refuse(readingFault(error))
  }
}

const SECRET = 'it is a secret key, which is for its owner alone; the public one is wanted'

/** As far as a key with its comment goes: what is named may be a device without an end. */
function readStart(path: string): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(MOST_BYTES)
    return bytes.toString('utf8', 0, readSync(file, bytes))
  } finally {
    closeSync(file)
  }
}

const MOST_BYTES = 64 * 1024
