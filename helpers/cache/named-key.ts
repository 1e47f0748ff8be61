import { existsSync, readFileSync } from 'node:fs'
import { type Result, refuse } from '../../core/result.ts'
import { type PublicKey, readPublicKey } from './minisign.ts'

/** A public key as a person names it: its line, or a file that holds it. Else why not, as the end of a sentence. */
export function namedKey(word: string): Result<PublicKey, string> {
  if (!existsSync(word)) {
    const key = readPublicKey(word)
    return key.ok ? key : refuse(`${key.error}, and there is no such file`)
  }
  try {
    return readPublicKey(readFileSync(word, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return refuse(WHY[code] ?? code)
  }
}

const WHY: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder, not a file with a key',
  EACCES: 'permission denied',
}
