import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Sha256 } from '../../../core/digest.ts'
import { type Key, keyIn } from '../../../core/key-file.ts'
import { packagePath } from '../../../core/store.ts'
import { contentKey } from '../../../helpers/build/content-key.ts'
import { findContent, type SameContent } from '../../../helpers/store/content.ts'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { closureOf, type Manifests, readable } from '../../manifests.ts'

/**
 * The package in the store that a build would be given in place of being run, as it came of the same content.
 * Of dependencies that are not built yet it is assumed that they will be given theirs; undefined where one of
 * them has to be built first, for what comes of that nobody knows.
 */
export function foreseeCutoff(
  root: string,
  store: string,
  manifests: Manifests,
  name: string,
): SameContent | undefined {
  const tars = new Map<string, Sha256 | undefined>()
  const top = inputsOf(root, manifests, name)
  const open = top === undefined ? [] : [top]
  let found: SameContent | undefined
  // A list and not a recursion, as chains may be long.
  for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
    const member = at.closure[at.tars.length]
    if (member === undefined) {
      const text = contentKey(at.key.text, at.tars)
      found = text === undefined ? undefined : findContent(store, text)
      tars.set(at.name, found?.tar)
      open.pop()
    } else if (tars.has(member)) {
      const tar = tars.get(member)
      if (tar !== undefined) {
        at.tars.push(tar)
        continue
      }
      found = undefined
      open.pop()
    } else {
      tars.set(member, builtTar(root, store, member))
      const inner = tars.get(member) === undefined ? inputsOf(root, manifests, member) : undefined
      if (inner) open.push(inner)
    }
  }
  return found
}

/** What a build of the package would be shown. */
function inputsOf(root: string, manifests: Manifests, name: string) {
  const key = keyOf(root, name)
  const found = readable(manifests, name)
  if (key === undefined || !found.ok) return undefined
  const closure = closureOf(manifests, found.value.buildDeps, pkg => pkg.runDeps)
  return closure.ok ? { name, key, closure: closure.value, tars: [] as Sha256[] } : undefined
}

/** The tar of the package of the present key, where the store has that. */
function builtTar(root: string, store: string, name: string): Sha256 | undefined {
  const key = keyOf(root, name)
  const built = key === undefined ? undefined : packagePath(store, key.hash)
  const there = built !== undefined && lstatSync(built, { throwIfNoEntry: false })?.isFile() === true
  return there ? readIdentity(built) : undefined
}

const keyOf = (root: string, name: string): Key | undefined => keyIn(join(root, 'pkg', name))
