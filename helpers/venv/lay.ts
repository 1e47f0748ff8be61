import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { byCodeUnit } from '../../core/order.ts'
import type { LeafType } from '../sandbox/merge.ts'
import { type Layer, layerName } from './layer.ts'

/** One path of a venv, relative to its root. */
export type Laid =
  /** A folder whose entries are listed one by one. */
  | { readonly kind: 'folder'; readonly path: string }
  /** A path that one layer alone gives, with all that is below it. */
  | { readonly kind: 'leaf'; readonly path: string; readonly layer: number; readonly type: LeafType }

/** Several packages have something else at one path, and nobody said which is meant. */
export interface Conflict {
  readonly path: string
  /** The names of the packages, in the order of the layers. */
  readonly owners: readonly string[]
}

export interface LayOptions {
  /** Of two files of one path that of the earlier package is meant. */
  readonly order: boolean
  /** Packages that win over all others; their layers come first. */
  readonly prefer: readonly string[]
  /** Paths of which the person chose the package; the layer of these copies comes before all. */
  readonly chosen: readonly string[]
}

interface Owner {
  readonly index: number
  readonly layer: Layer
  readonly type: LeafType
}

/**
 * Lays layers over one another as overlayfs does, whose result this must equal: of several that have a path
 * the first one wins; folders are merged down to the first layer that has something else there. Within
 * a level different files of one path are a conflict, unless the person chose; equal ones are none.
 */
export function lay(
  layers: readonly Layer[],
  options: LayOptions,
): { readonly entries: readonly Laid[]; readonly conflicts: readonly Conflict[] } {
  const entries: Laid[] = []
  const conflicts: Conflict[] = []
  const descend = (shared: readonly number[], path: string): void => {
    const names = new Map<string, Owner[]>()
    for (const index of shared) {
      const layer = layers[index] as Layer
      for (const entry of readdirSync(join(layer.path, path), { withFileTypes: true })) {
        const owner = { index, layer, type: leafType(entry) }
        const owners = names.get(entry.name)
        if (owners) owners.push(owner)
        else names.set(entry.name, [owner])
      }
    }
    for (const name of [...names.keys()].sort(byCodeUnit)) {
      const owners = names.get(name) ?? []
      const below = path ? `${path}/${name}` : name
      const conflict = conflictOf(owners, below, options)
      if (conflict) conflicts.push(conflict)
      const end = owners.findIndex(owner => owner.type !== 'folder')
      const folders = end === -1 ? owners : owners.slice(0, end)
      const [first] = owners
      if (first && folders.length <= (isOpened(below) ? 0 : 1)) {
        entries.push({ kind: 'leaf', path: below, layer: first.index, type: first.type })
      } else {
        entries.push({ kind: 'folder', path: below })
        descend(
          folders.map(owner => owner.index),
          below,
        )
      }
    }
  }
  descend([...layers.keys()], '')
  return { entries, conflicts }
}

const leafType = (entry: Dirent): LeafType =>
  entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'symlink' : 'file'

/**
 * These are listed even where one layer alone has them: an absolute symlink in a folder of programs is meant
 * from the root of the venv, and only what is listed can be led there.
 */
const isOpened = (path: string): boolean => /^(?:[^/]+|usr\/[^/]+)$/.test(path)

function conflictOf(all: readonly Owner[], path: string, options: LayOptions): Conflict | undefined {
  const { order, prefer, chosen } = options
  if (chosen.some(one => path === one || path.startsWith(`${one}/`))) return undefined
  const owners = all.filter(({ layer }) => layer.level === 0 && layer.kind === 'package')
  const [first] = owners
  if (!first || owners.every(owner => isSame(first, owner, path))) return undefined
  if (order || prefer.includes(layerName(first.layer))) return undefined
  return { path, owners: owners.map(owner => layerName(owner.layer)) }
}

function isSame(one: Owner, other: Owner, path: string): boolean {
  if (one === other) return true
  if (one.type !== other.type) return false
  const [a, b] = [join(one.layer.path, path), join(other.layer.path, path)]
  switch (one.type) {
    case 'folder':
      return true
    case 'symlink':
      return readlinkSync(a) === readlinkSync(b)
    case 'file': {
      const [here, there] = [lstatSync(a), lstatSync(b)]
      return here.size === there.size && here.mode === there.mode && readFileSync(a).equals(readFileSync(b))
    }
  }
}
