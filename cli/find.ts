import { existsSync, realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { quoted } from '../core/message.ts'
import { isPackageName, type PackageName } from '../core/name.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { nearest } from '../generator/nearest.ts'
import { describe } from '../generator/problem.ts'
import { findManifest, findPackages } from '../generator/tree.ts'
import { no, type Refusal, trouble } from './output.ts'

/** The package that a word means: `make`, `pkg/make`, `./pkg/make/`, or any path of its folder, as `.` is one in there. */
export function findPackage(root: string, word: string): Result<PackageName, Refusal> {
  const tree = requireTree(root)
  if (!tree.ok) return tree
  const plain = /^(?:(?:\.\/+)?pkg\/+)?([^/]+)\/*$/.exec(word)?.[1]
  const name = plain === undefined || /^\.\.?$/.test(plain) ? inFolder(root, word) : plain
  const found = name !== undefined && isPackageName(name) ? findManifest(root, name) : undefined
  if (found?.ok) return ok(name as PackageName)
  if (found) return refuse(no(describe(found.error)))
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
  const folder = existsSync(word) ? realpathSync(word) : resolve(word)
  const name = folder.split('/').at(-1) ?? ''
  return folder === join(realpathSync(root), 'pkg', name) ? name : undefined
}
