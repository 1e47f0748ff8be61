import { sha256 } from '../../core/digest.ts'
import { type Dependency, dependencyLine, type PkgKey, parsePkgKey, recipeText } from '../../core/pkgkey.ts'
import type { Key } from '../../helpers/store/keep.ts'

const PLAIN: PkgKey = {
  name: 'one',
  version: '1',
  release: 1,
  arch: 'x86_64',
  sandbox: 1,
  tar: 1,
  sources: [],
  files: [],
  hostPaths: [],
  setuid: [],
  build: 'script',
  script: ['true'],
  runDeps: [],
  buildDeps: [],
}

/** The text of a key that says nothing but what is given, and what each has to say. */
export function pkgKeyText(given: Partial<PkgKey> = {}): string {
  const key = { ...PLAIN, ...given }
  const dependencies = [...key.runDeps, ...key.buildDeps]
  return (
    recipeText(key) + dependencies.map(one => `${dependencyLine(one.kind, one.name, one.hash)}\n`).join('')
  )
}

export const runDep = (name: string, hash = sha256(name)): Dependency => ({ kind: 'run-dep', name, hash })

export const buildDep = (name: string, hash = sha256(name)): Dependency => ({ kind: 'build-dep', name, hash })

/** A key as it is read. */
export function keyOf(text: string): Key {
  const key = parsePkgKey(text)
  if (!key.ok) throw new Error(key.error)
  return { ...key.value, path: '.pkgkey', text, hash: sha256(text) }
}
