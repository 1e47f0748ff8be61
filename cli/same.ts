import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Sha256, sha256 } from '../core/digest.ts'
import { packagePath } from '../core/store.ts'
import { contentKey } from '../helpers/build/content-key.ts'
import { findContent, type SameContent } from '../helpers/store/content.ts'
import { readIdentity } from '../helpers/tar/identity.ts'
import { walk } from './closure.ts'
import { type Manifests, readable } from './manifests.ts'

/**
 * The package in the store that a build would be given in place of being run, as it came of the same content.
 * Of dependencies that are not built yet it is assumed that they will be given theirs; undefined where one of
 * them has to be built first, for what comes of that nobody knows.
 */
export function foreseeSame(
  root: string,
  store: string,
  manifests: Manifests,
  name: string,
): SameContent | undefined {
  const known = new Map<string, Sha256 | undefined>()

  const tarOf = (one: string): Sha256 | undefined => {
    if (!known.has(one)) {
      const key = keyOf(root, one)
      const built = key === undefined ? undefined : packagePath(store, sha256(key))
      const there = built !== undefined && lstatSync(built, { throwIfNoEntry: false })?.isFile() === true
      known.set(one, there ? readIdentity(built) : sameAs(one)?.tar)
    }
    return known.get(one)
  }

  const sameAs = (one: string): SameContent | undefined => {
    const key = keyOf(root, one)
    const found = readable(manifests, one)
    if (key === undefined || !found.ok) return undefined
    const closure = walk(manifests, found.value.buildDeps, pkg => pkg.runDeps)
    if (!closure.ok) return undefined
    const tars: Sha256[] = []
    for (const member of closure.value) {
      const tar = tarOf(member)
      if (tar === undefined) return undefined
      tars.push(tar)
    }
    const text = contentKey(key, tars)
    return text === undefined ? undefined : findContent(store, text)
  }

  return sameAs(name)
}

function keyOf(root: string, name: string): string | undefined {
  const path = join(root, 'pkg', name, '.pkgkey')
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
