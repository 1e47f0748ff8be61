import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { isDiskFull } from '../../core/disk.ts'
import { makeFolders } from '../../core/folders.ts'
import type { Key } from '../../core/key-file.ts'
import type { Message } from '../../core/message.ts'
import { packageKeyPath, packagePath } from '../../core/store.ts'
import { FILE_SYSTEM, isForbidden, isSystemError } from '../../core/system-error.ts'
import { writeWhole } from '../../core/whole-file.ts'
import { identityAt } from '../tar/identity.ts'
import { markBuilt, readBuilt } from './built.ts'
import { type Content, rememberContent } from './content.ts'
import { linkFile } from './move.ts'

/**
 * What became of a package that was to be kept: `there` means that the store has one of this key, which stays;
 * `code` says, as errno(3) does, why the store takes nothing.
 */
type Kept = 'kept' | 'there' | { readonly code: string }

/**
 * Keeps a package in the store under its pkghash, with the key that it was built from. The package comes after
 * its key: who finds it finds that.
 */
export function keepPackage(store: string, key: Key, file: string): Kept {
  return ifItTakes(() => {
    const kept = packagePath(store, key.hash)
    if (existsSync(kept)) return 'there'
    makeFolders(dirname(kept))
    writeWhole(packageKeyPath(store, key.hash), key.text)
    linkFile(file, kept)
    return 'kept'
  })
}

/**
 * The same of a package that was built here: that this came out is noted before, and what content it came of
 * after it. A store that takes nothing is only told of, because the package is built and can be given its name; so is
 * one that has another package of this key meanwhile.
 */
export function keepBuilt(
  store: string,
  key: Key,
  file: string,
  tar: Sha256,
  tell: (message: Message) => void,
  content?: Content,
): void {
  const kept = ifItTakes(() => {
    // Of two builds that came out differently, the note is of the one that the store has.
    const noted = readBuilt(store, key.hash)
    if (noted === undefined || noted !== identityAt(packagePath(store, key.hash)))
      markBuilt(store, key.hash, tar)
    const became = keepPackage(store, key, file)
    if (content && typeof became === 'string') rememberContent(store, content, key.hash)
    return became
  })
  if (typeof kept !== 'string') tell(unkept(store, key, kept.code))
  const there = identityAt(packagePath(store, key.hash))
  if (there !== undefined && there !== tar) tell(another(key, there, tar))
}

function ifItTakes(work: () => Kept): Kept {
  try {
    return work()
  } catch (error) {
    if (!isSystemError(error) || !(isDiskFull(error) || isForbidden(error))) throw error
    return { code: error.code }
  }
}

const unkept = (store: string, { hash }: Key, code: string): Message => ({
  cannot: 'keep the package in the store',
  why: FILE_SYSTEM[code] ?? code,
  facts: [['folder', dirname(packagePath(store, hash))]],
  remedy: 'it is built all the same; a later build of it will not find it there',
})

/** From a package cache, or from another build at the same time. */
const another = ({ name, hash }: Key, there: Sha256, built: Sha256): Message => ({
  cannot: 'keep the package in the store',
  why: 'ANOTHER PACKAGE OF THE SAME KEY CAME INTO IT MEANWHILE',
  facts: [
    ['pkghash', hash],
    ['in the store', `tar sha256 ${there}`],
    ['built', `tar sha256 ${built}`],
  ],
  remedy: `what was built is used here, and the other one stays in the store; coolports challenge ${name} compares`,
})
