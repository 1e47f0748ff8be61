import { join } from 'node:path'
import { isSha256 } from '../../core/digest.ts'
import { namesIfThere } from '../../core/names-if-there.ts'
import { labelIn } from '../../core/pkgkey.ts'
import { textIfReadable } from '../../core/readable.ts'
import { packageKeyPath, packagePath } from '../../core/store.ts'
import { readIdentity } from '../tar/identity.ts'
import { readNote } from './content.ts'
import type { StoreEntry } from './entries.ts'

/** What people call the entries of a store: NAME-VERSION-RELEASE where it is known. */
export function labels(store: string): (entry: StoreEntry) => string | undefined {
  const packages = new Map<string, string>()
  const trees = new Map<string, string>()
  for (const file of namesIfThere(join(store, 'packages'))) {
    const hash = file.replace(/\.tar\.gz$/, '')
    const label = file !== hash && isSha256(hash) ? labelAt(packageKeyPath(store, hash)) : undefined
    if (label === undefined || !isSha256(hash)) continue
    packages.set(hash, label)
    const digest = identityOf(packagePath(store, hash))
    if (digest !== undefined) trees.set(digest, label)
  }
  return ({ kind, name, paths }) => {
    if (kind === 'packages') return packages.get(name)
    if (kind === 'trees') return trees.get(name)
    return kind === 'contents' ? packages.get(readNote(paths[0] ?? '')?.hash ?? '') : undefined
  }
}

/** A package whose key is lost goes without a name. */
const labelAt = (key: string): string | undefined => labelIn(textIfReadable(key) ?? '')

function identityOf(file: string): string | undefined {
  try {
    return readIdentity(file)
  } catch {
    return undefined
  }
}
