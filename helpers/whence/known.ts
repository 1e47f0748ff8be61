import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Sha256, sha256 } from '../../core/digest.ts'
import { keyIn } from '../../core/key-file.ts'
import { isPackageName } from '../../core/name.ts'
import { type PkgKey, parsePkgKey } from '../../core/pkgkey.ts'
import { packageKeyPath } from '../../core/store.ts'
import { textIfThere } from '../../core/text-if-there.ts'
import { builderIn } from '../cache/names.ts'
import { readIdentity } from '../tar/identity.ts'

/** What the key of a pkghash says, from the store or from a tree; only of one whose sha256 it is. */
export function knownKey(tree: string, store: string, name: string, hash: Sha256): PkgKey | undefined {
  const text = textIfThere(packageKeyPath(store, hash))
  const kept = text !== undefined && sha256(text) === hash ? parsePkgKey(text) : undefined
  if (kept?.ok) return kept.value
  const key = isPackageName(name) ? keyIn(join(tree, 'pkg', name)) : undefined
  return key?.hash === hash ? key : undefined
}

/** The pkghash of a package of a tree, if what is built there has this tar. */
export function hashOfTar(tree: string, name: string, tar: Sha256): Sha256 | undefined {
  if (!isPackageName(name)) return undefined
  const file = join(tree, 'pkg', name, '.pkg.tar.gz')
  return existsSync(file) && readIdentity(file) === tar ? keyIn(dirname(file))?.hash : undefined
}

/** The keys of the builders whose signed records lie beside a package of the store that came from a cache. */
export function knownBuilders(store: string, hash: Sha256): readonly string[] {
  const folder = dirname(packageKeyPath(store, hash))
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap(name => builderIn(name, hash) ?? [])
    .sort()
}
