import { existsSync, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { isSha256, type Sha256 } from '../../../core/digest.ts'
import { packageKeyPath, packagePath } from '../../../core/store.ts'
import { textIfThere } from '../../../core/text-if-there.ts'
import { readIdentity } from '../../../helpers/tar/identity.ts'

/** What is known of the package file that stands in the tree. */
export type Built =
  | { readonly kind: 'not built' }
  /** Nothing in the store is this file. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'known'; readonly hash: Sha256; readonly key: string }

/**
 * Finds the key that a package file was built from: that of the package in the store which is the same
 * file, or has the same tar. Of several with one tar, `present` is preferred, for then nothing changed.
 */
export function findBuilt(file: string, store: string, present: Sha256): Built {
  if (!existsSync(file)) return { kind: 'not built' }
  const stat = statSync(file)
  const hash = [present, ...hashesIn(store)].find(one => isFile(stat, packagePath(store, one)))
  const found = hash ?? sameTar(file, stat, store, present)
  if (found === undefined) return { kind: 'unknown' }
  const key = textIfThere(packageKeyPath(store, found))
  return key === undefined ? { kind: 'unknown' } : { kind: 'known', hash: found, key }
}

function hashesIn(store: string): readonly Sha256[] {
  const folder = join(store, 'packages')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(name => name.endsWith('.tar.gz'))
    .map(name => name.slice(0, -'.tar.gz'.length))
    .filter(isSha256)
    .sort()
}

function isFile(stat: Stats, path: string): boolean {
  const other = statSync(path, { throwIfNoEntry: false })
  return other !== undefined && other.dev === stat.dev && other.ino === stat.ino
}

/** A copy is of the same size, so nothing else is opened. */
function sameTar(file: string, stat: Stats, store: string, present: Sha256): Sha256 | undefined {
  const identity = readIdentity(file)
  if (identity === undefined) return undefined
  return [present, ...hashesIn(store)].find(hash => {
    const path = packagePath(store, hash)
    return statSync(path, { throwIfNoEntry: false })?.size === stat.size && readIdentity(path) === identity
  })
}
