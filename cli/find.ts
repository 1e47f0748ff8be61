import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { quoted } from '../core/message.ts'
import { isPackageName, type PackageName } from '../core/name.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { nearest } from '../generator/nearest.ts'
import { findPackages } from '../generator/tree.ts'
import { no, type Refusal, trouble } from './say.ts'

/** The package that a word means: `make`, `pkg/make`, `./pkg/make/`, or the path of its folder. */
export function findPackage(root: string, word: string): Result<PackageName, Refusal> {
  const tree = requireTree(root)
  if (!tree.ok) return tree
  const name = /^(?:\.\/+)?(?:pkg\/+)?([^/]+)\/*$/.exec(word)?.[1] ?? inFolder(root, word)
  if (name !== undefined && isPackageName(name) && existsSync(join(root, 'pkg', name, 'package.ts')))
    return ok(name)
  const near = nearest(name ?? word, findPackages(root).names)
  return refuse(
    no({
      cannot: `find the package ${quoted(name ?? word)}`,
      why: 'there is no such package',
      remedy: near === undefined ? 'coolports list names all' : `did you mean "${near}"?`,
    }),
  )
}

/** The packages that the words mean, each once. All words that mean none are told. */
export function findAll(root: string, words: readonly string[]): Result<readonly PackageName[], Refusal> {
  const found = words.map(word => findPackage(root, word))
  const refusals = found.flatMap(one => (one.ok ? [] : [one.error]))
  if (refusals.length === 0) return ok([...new Set(found.flatMap(one => (one.ok ? [one.value] : [])))])
  if (refusals.some(({ status }) => status === 2)) return refuse(refusals[0] as Refusal)
  return refuse({ status: 1, messages: refusals.flatMap(({ messages }) => messages) })
}

/** Refuses a folder that is no tree of packages, before something deeper fails in it. */
export function requireTree(root: string): Result<void, Refusal> {
  const missing = ['pkg', 'templates/index.ts'].find(path => !existsSync(join(root, path)))
  if (missing === undefined) return ok(undefined)
  return refuse(
    trouble({
      cannot: `read the tree ${quoted(root)}`,
      why: `it has no ${missing}`,
      remedy: '-C DIR names the tree',
    }),
  )
}

/** The name in a path that leads to a folder of pkg/ from wherever one stands. */
function inFolder(root: string, word: string): string | undefined {
  const folder = resolve(word)
  const name = folder.split('/').at(-1) ?? ''
  return folder === join(root, 'pkg', name) ? name : undefined
}
