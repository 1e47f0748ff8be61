import { dirname } from 'node:path'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { textIfReadable } from '../../core/readable.ts'
import { builtPath, unkeyedPath } from '../../core/store.ts'
import { writeWhole } from '../../core/whole-file.ts'

/**
 * Which tar a build of this key came out as here. The store has it in `packages/PKGHASH.built`, as the text
 * `tar <the tar's sha256>`; only what builds writes it. It stays true whatever becomes of the package beside it.
 * It is the only proof that a package was built here: that no record of another builder lies there proves nothing.
 */
export const readBuilt = (store: string, hash: Sha256): Sha256 | undefined => tarIn(builtPath(store, hash))

function tarIn(path: string): Sha256 | undefined {
  // What cannot be read proves nothing.
  const tar = /^tar ([0-9a-f]{64})\n$/.exec(textIfReadable(path) ?? '')?.[1] ?? ''
  return isSha256(tar) ? tar : undefined
}

/** Notes what a build came out as. A later build of the same key that came out otherwise replaces it. */
export const markBuilt = (store: string, hash: Sha256, tar: Sha256): void => mark(builtPath(store, hash), tar)

/** Which tar a build of this key came out as here whose packages were not all those of their keys: it is none itself. */
export const readUnkeyed = (store: string, hash: Sha256): Sha256 | undefined =>
  tarIn(unkeyedPath(store, hash))

/** Notes that, lest what is built with it be taken for what its key says. */
export const markUnkeyed = (store: string, hash: Sha256, tar: Sha256): void =>
  mark(unkeyedPath(store, hash), tar)

function mark(path: string, tar: Sha256): void {
  makeFolders(dirname(path))
  writeWhole(path, `tar ${tar}\n`)
}
