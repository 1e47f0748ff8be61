import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type Sha256, sha256 } from '../../core/digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { treeRoot } from '../../core/store.ts'
import { removeTree } from '../build/remove.ts'
import { unpackedTree } from '../build/trees.ts'
import { holdTree } from '../store/roots.ts'
import { activateText } from './activate.ts'
import { copyChosen, preferred } from './choose.ts'
import { factsText } from './facts.ts'
import { type Laid, lay } from './lay.ts'
import type { Layer } from './layer.ts'
import { plantLinks } from './links.ts'
import type { Member } from './member.ts'
import type { VenvProblem } from './problem.ts'
import { chosenPath, recordText } from './record.ts'
import type { Request } from './request.ts'
import { stackLayers } from './stack.ts'
import { openPlace, openState, statePath, switchState } from './state.ts'

export interface Made {
  /** The folder of the venv, without symlinks in its path. */
  readonly place: string
  readonly layers: readonly Layer[]
  readonly entries: readonly Laid[]
  /** Stores that could not be told what the venv uses of them. */
  readonly notHeld: readonly string[]
}

type Problems = readonly VenvProblem[]

/** Makes a venv of built packages, or makes it anew; until the last step it is the one that it was. */
export async function makeVenv(
  folder: string,
  store: string,
  request: Request,
  members: readonly Member[],
): Promise<Result<Made, Problems>> {
  const opened = openPlace(folder)
  if (!opened.ok) return refuse([opened.error])
  const place = realpathSync(folder)
  const below = request.stack === undefined ? undefined : stackLayers(request.stack, place)
  if (below && !below.ok) return refuse([below.error])
  const trees = await memberLayers(store, members)
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
    const { id, write } = plan(place, state)
    const path = statePath(place, id)
    if (!existsSync(path)) {
      write(part)
      renameSync(part, path)
    }
    const notHeld = await hold(path, store, layers.value, members)
    switchState(place, id)
    return ok({ place, layers: layers.value, entries, notHeld })
  } finally {
    removeTree(part)
  }
}

type PackageLayer = Layer & { readonly kind: 'package' }

/** Packages of equal content have one tree, which an overlay does not take twice. */
async function memberLayers(
  store: string,
  members: readonly Member[],
): Promise<Result<readonly PackageLayer[], Problems>> {
  const layers = new Map<string, PackageLayer>()
  const problems: VenvProblem[] = []
  for (const { name, version, pkghash, file } of members) {
    const tree = await unpackedTree(store, file)
    if (!tree.ok) problems.push({ kind: 'tar', file, problem: tree.error })
    else if (!layers.has(tree.value.path)) {
      const { digest: tar, path } = tree.value
      layers.set(path, { kind: 'package', name, version, pkghash, tar, path, level: 0 })
    }
  }
  return problems.length > 0 ? refuse(problems) : ok([...layers.values()])
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
  layers.push(...own)
  const there = new Set(own.map(layer => layer.path))
  for (const layer of below) {
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

interface State {
  readonly layers: readonly Layer[]
  readonly entries: readonly Laid[]
  readonly request: Request
  readonly below: string | undefined
}

/** What a state is to hold; it is named by a digest of its texts. */
function plan(
  place: string,
  { layers, entries, request, below }: State,
): { readonly id: string; readonly write: (folder: string) => void } {
  const of = { layers, entries, given: request.given, ...(below === undefined ? {} : { below }) }
  const record = recordText({ request, layers, ...(below === undefined ? {} : { below }) })
  const run = readFileSync(join(treeRoot(), 'helpers/venv/venv-run.sh'), 'utf8')
  const activate = activateText(place, entries)
  const texts = [record, run, activate, factsText({ place, ...of })]
  const id = sha256(texts.join('\0')).slice(0, 16)
  const write = (folder: string): void => {
    mkdirSync(join(folder, 'bin'))
    mkdirSync(join(folder, '.mnt'))
    writeText(join(folder, 'bin/venv-run'), run, 0o755)
    writeText(join(folder, 'bin/activate'), activate, 0o644)
    writeText(join(folder, 'facts'), factsText({ place: statePath(place, id), ...of }), 0o644)
    writeText(join(folder, 'packages'), record, 0o644)
    plantLinks(folder, layers, entries)
  }
  return { id, write }
}

function writeText(file: string, text: string, mode: number): void {
  writeFileSync(file, text)
  chmodSync(file, mode)
}

/**
 * Holds the venv's packages in their stores. A gc may have come between the look at a tree and this, so
 * one that is gone is unpacked again. Answers the stores that may not be written to.
 */
async function hold(
  owner: string,
  store: string,
  layers: readonly Layer[],
  members: readonly Member[],
): Promise<readonly string[]> {
  const stores = new Map<string, Sha256[]>()
  for (const layer of layers) {
    if (layer.kind !== 'package') continue
    const of = dirname(dirname(layer.path))
    stores.set(of, [...(stores.get(of) ?? []), layer.tar])
  }
  const notHeld: string[] = []
  for (const [of, tars] of stores) {
    try {
      holdTree(of, owner, tars)
    } catch (error) {
      if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      notHeld.push(of)
    }
  }
  for (const { file } of members) await unpackedTree(store, file)
  return notHeld
}
