import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSha256 } from '../../core/digest.ts'
import { labelIn } from '../../core/pkgkey.ts'
import { packageKeyPath, packagePath } from '../../core/store.ts'
import { readIdentity } from '../tar/identity.ts'
import { readNote } from './content.ts'
import type { StoreEntry } from './entries.ts'

/** What people call the entries of a store: NAME-VERSION-RELEASE where it is known. */
export function labels(store: string): (entry: StoreEntry) => string | undefined {
  const packages = new Map<string, string>()
  const trees = new Map<string, string>()
  const folder = join(store, 'packages')
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
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

function labelAt(key: string): string | undefined {
  try {
    return labelIn(readFileSync(key, 'utf8'))
  } catch {
    return undefined // a key that is lost, or no file: it goes without a name
  }
}

function identityOf(file: string): string | undefined {
  try {
    return readIdentity(file)
  } catch {
    return undefined
  }
}
