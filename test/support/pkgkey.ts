import { join } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { KEY_FILE, type Key, readKey } from '../../core/key-file.ts'
import { type Dependency, dependencyLine, type PkgKey, parsePkgKey, recipeText } from '../../core/pkgkey.ts'

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

/** What stands in a `.pkghash`. */
export const keyFileText = (key: string): string => `${sha256(key)}\n${key}`

/** The key of a package of a tree. */
export function keyAt(root: string, name: string): Key {
  const key = readKey(join(root, 'pkg', name, KEY_FILE))
  if (!key?.ok) throw new Error(`pkg/${name} has no key: ${key?.error}`)
  return key.value
}

/** A key as it is read. */
export function keyOf(text: string): Key {
  const key = parsePkgKey(text)
  if (!key.ok) throw new Error(key.error)
  return { ...key.value, path: '.pkghash', text, hash: sha256(text) }
}
