import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { byCodeUnit } from '../../core/order.ts'

/** One path of the merged root, relative to it. */
export type Merged =
  /** A folder whose entries are listed one by one. */
  | { readonly kind: 'folder'; readonly path: string }
  /** A path that one layer alone gives, with all that is below it. */
  | ({ readonly kind: 'leaf'; readonly path: string } & Owner)

/** What a layer has at a path. */
export interface Owner {
  /** Its place among the layers, from 0. */
  readonly layer: number
  /** Where it lies. */
  readonly from: string
  readonly type: LeafType
}

type LeafType = 'folder' | 'file' | 'symlink'

interface MergeOptions {
  /** Which folders are listed even where one layer alone has them. */
  readonly isOpened?: (path: string) => boolean
  /** Gives up (undefined) when there are more paths than this. */
  readonly limit?: number
  /** Told of each path by whom it is had; the first of them wins. */
  readonly meet?: (path: string, owners: readonly Owner[]) => void
}

/**
 * Lays folders over one another by the rules of overlayfs, whose result this must equal: of several
 * layers that have a path the first one wins; folders are merged down to the first layer that has
 * something else under that name.
 */
export function mergeLayers(
  layers: readonly string[],
  { isOpened = () => false, limit = Number.POSITIVE_INFINITY, meet = () => {} }: MergeOptions = {},
): readonly Merged[] | undefined {
  const merged: Merged[] = []
  const descend = (shared: readonly (readonly [layer: number, folder: string])[], path: string): boolean => {
    const names = new Map<string, Owner[]>()
    for (const [layer, folder] of shared) {
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        const owner = { layer, from: join(folder, entry.name), type: leafType(entry) }
        const owners = names.get(entry.name)
        if (owners) owners.push(owner)
        else names.set(entry.name, [owner])
      }
    }
    for (const [name, owners] of [...names].sort(([a], [b]) => byCodeUnit(a, b))) {
      if (merged.length >= limit) return false
      const below = path ? `${path}/${name}` : name
      meet(below, owners)
      const end = owners.findIndex(owner => owner.type !== 'folder')
      const folders = end === -1 ? owners : owners.slice(0, end)
      const [first] = owners
      if (first && folders.length <= (isOpened(below) ? 0 : 1)) {
        merged.push({ kind: 'leaf', path: below, ...first })
        continue
      }
      merged.push({ kind: 'folder', path: below })
      const inner = folders.map(({ layer, from }) => [layer, from] as const)
      if (!descend(inner, below)) return false
    }
    return true
  }
  return descend([...layers.entries()], '') ? merged : undefined
}

const leafType = (entry: Dirent): LeafType =>
  entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'symlink' : 'file'
