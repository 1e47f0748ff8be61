import { cpSync, lstatSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersOf } from '../../core/entry-path.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { PackageLayer } from './layer.ts'
import type { VenvProblem } from './problem.ts'
import type { Alternative, Request } from './request.ts'

/** The layers of preferred packages first, in the order in which they were named. */
export function preferred(
  layers: readonly PackageLayer[],
  { prefer }: Request,
): Result<readonly PackageLayer[], readonly VenvProblem[]> {
  const unknown = prefer.filter(name => !layers.some(layer => layer.name === name))
  if (unknown.length > 0) return refuse(unknown.map(name => notThere(name, layers)))
  const first = prefer.flatMap(name => layers.filter(layer => layer.name === name))
  return ok([...new Set([...first, ...layers])])
}

/**
 * Copies what was chosen path by path into the new folder `into`, to lie upon all other layers. Copies, and
 * no links, because the store may be on another disk, or another user's; they are few.
 */
export function copyChosen(
  layers: readonly PackageLayer[],
  alternatives: readonly Alternative[],
  into: string,
): Result<void, readonly VenvProblem[]> {
  const problems: VenvProblem[] = []
  mkdirSync(into, { recursive: true })
  for (const { path, package: name } of alternatives) {
    const layer = layers.find(one => one.name === name)
    const problem = layer ? missingIn(layer, path) : notThere(name, layers)
    if (problem) problems.push(problem)
    else if (layer) {
      mkdirSync(dirname(join(into, path)), { recursive: true })
      cpSync(join(layer.path, path), join(into, path), { recursive: true, verbatimSymlinks: true })
    }
  }
  return problems.length > 0 ? refuse(problems) : ok(undefined)
}

const notThere = (name: string, layers: readonly PackageLayer[]): VenvProblem => ({
  kind: 'not in the venv',
  name,
  packages: layers.map(layer => layer.name),
})

/** No symlink of a package is ever followed on this side: it may lead anywhere. */
function missingIn(layer: PackageLayer, path: string): VenvProblem | undefined {
  for (const above of [...foldersOf(path), path]) {
    const there = lstatSync(join(layer.path, above), { throwIfNoEntry: false })
    if (!there) return { kind: 'no such path', path, name: layer.name }
    if (above !== path && !there.isDirectory())
      return { kind: 'bad path', path, why: `${quoted(above)} is no folder in ${layer.name}` }
  }
  return undefined
}
