import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { builtPath } from '../../core/store.ts'
import { isSystemError } from '../../core/system-error.ts'
import { writeWhole } from '../../core/whole-file.ts'

/**
 * Which tar a build of this key came out as here. The store has it in `packages/PKGHASH.built`, as the text
 * `tar <the tar's sha256>`; only what builds writes it. It stays true whatever becomes of the package beside it.
 * It is the only proof that a package was built here: that no record of another builder lies there proves nothing.
 */
export function readBuilt(store: string, hash: Sha256): Sha256 | undefined {
  let text: string
  try {
    text = readFileSync(builtPath(store, hash), 'utf8')
  } catch (error) {
    if (!isSystemError(error)) throw error
    return undefined // what cannot be read proves nothing
  }
  const tar = /^tar ([0-9a-f]{64})\n$/.exec(text)?.[1] ?? ''
  return isSha256(tar) ? tar : undefined
}

/** Notes what a build came out as. A later build of the same key that came out otherwise replaces it. */
export function markBuilt(store: string, hash: Sha256, tar: Sha256): void {
  const path = builtPath(store, hash)
  mkdirSync(dirname(path), { recursive: true })
  writeWhole(path, `tar ${tar}\n`)
}
