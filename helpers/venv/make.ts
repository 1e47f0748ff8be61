import { cpSync, existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { ClosureMember } from '../built/closure.ts'
import type { Merged } from '../sandbox/merge.ts'
import { unpackedTree } from '../store/trees.ts'
import type { StoreUse } from '../store/use.ts'
import { copyChosen, preferred } from './choose.ts'
import { hold } from './hold.ts'
import { lay } from './lay.ts'
import type { Layer, PackageLayer } from './layer.ts'
import { plan } from './plan.ts'
import type { VenvProblem } from './problem.ts'
import { chosenPath } from './record.ts'
import type { Request } from './request.ts'
import { stackLayers } from './stack.ts'
import { openPlace, openState, placeState, statePath, switchState } from './state.ts'
import { hasThing, type Thing, writeThing } from './thing.ts'

export interface Made {
  /** The folder of the venv, without symlinks in its path. */
  readonly place: string
  readonly layers: readonly Layer[]
  readonly entries: readonly Merged[]
  /** Stores that could not be told what the venv uses of them. */
  readonly notHeld: readonly string[]
}

type Problems = readonly VenvProblem[]

/** Makes a venv of built packages, or makes it anew; until the last step it is the one that it was. */
export async function makeVenv(
  folder: string,
  use: StoreUse,
  request: Request,
  members: readonly ClosureMember[],
): Promise<Result<Made, Problems>> {
  const opened = openPlace(folder)
  if (!opened.ok) return refuse([opened.error])
  const place = realpathSync(folder)
  const below = request.stack === undefined ? undefined : stackLayers(request.stack, place)
  if (below && !below.ok) return refuse([below.error])
  const trees = await memberLayers(use, members)
  if (!trees.ok) return trees
  const own = preferred(trees.value, request)
  if (!own.ok) return own

  const part = openState(place)
  try {
    const layers = withChosen(part, own.value, request, below?.value.layers ?? [])
    if (!layers.ok) return layers
    const { entries, conflicts } = lay(layers.value, {
      order: request.order,
      prefer: request.prefer,
      chosen: request.alternatives.map(({ path }) => path),
    })
    if (conflicts.length > 0) return refuse([{ kind: 'conflicts', conflicts }])
    const state = { layers: layers.value, entries, request, below: below?.value.state }
    const { id, things } = plan(place, state)
    const path = statePath(place, id)
    if (!isWhole(path, part, things())) {
      for (const thing of things()) writeThing(part, thing)
      placeState(place, part, id)
    }
    const notHeld = hold(path, layers.value)
    switchState(place, id)
    return ok({ place, layers: layers.value, entries, notHeld })
  } finally {
    removeTree(part)
  }
}

/** Whether a state of that name is there, and nobody has taken anything of it away. `part` has the copies that it needs. */
function isWhole(path: string, part: string, things: Iterable<Thing>): boolean {
  if (!existsSync(path)) return false
  for (const thing of things) if (!hasThing(path, thing)) return false
  return hasCopies(path, part)
}

/** Symlinks are copies of their own: where they lead, be it in a circle, is the venv's matter. */
function hasCopies(path: string, part: string): boolean {
  return readdirSync(part, { withFileTypes: true }).every(copy => {
    const there = lstatSync(join(path, copy.name), { throwIfNoEntry: false })
    if (!copy.isDirectory()) return there !== undefined
    return there?.isDirectory() === true && hasCopies(join(path, copy.name), join(part, copy.name))
  })
}

async function memberLayers(
  use: StoreUse,
  members: readonly ClosureMember[],
): Promise<Result<readonly PackageLayer[], Problems>> {
  const layers: PackageLayer[] = []
  const problems: VenvProblem[] = []
  for (const { name, version, pkghash, file } of members) {
    const tree = await unpackedTree(use, file)
    if (!tree.ok) problems.push({ kind: 'tar', file, problem: tree.error })
    else {
      const { digest: tar, path } = tree.value
      layers.push({ kind: 'package', name, version, pkghash, tar, path, level: 0 })
    }
  }
  return problems.length > 0 ? refuse(problems) : ok(layers)
}

/** All layers of the venv, with copies of what was chosen, here and in the venvs below. */
function withChosen(
  state: string,
  own: readonly PackageLayer[],
  { alternatives }: Request,
  below: readonly Layer[],
): Result<readonly Layer[], Problems> {
  const layers: Layer[] = []
  let chosen = 0
  if (alternatives.length > 0) {
    const path = chosenPath(state, chosen++)
    const copied = copyChosen(own, alternatives, path)
    if (!copied.ok) return copied
    layers.push({ kind: 'chosen', path, level: 0 })
  }
  // Packages of equal content have one tree, which an overlay does not take twice.
  const there = new Set<string>()
  for (const layer of [...own, ...below]) {
    if (layer.kind === 'package') {
      if (!there.has(layer.path)) layers.push(layer)
      there.add(layer.path)
      continue
    }
    const path = chosenPath(state, chosen++)
    cpSync(layer.path, path, { recursive: true, verbatimSymlinks: true })
    layers.push({ ...layer, path })
  }
  return ok(layers)
}
