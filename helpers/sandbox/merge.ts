import { type Dirent, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { byCodeUnit } from '../../core/order.ts'

/** One path of the merged root, relative to it. */
export type Merged =
  /** A folder that several layers share, to be made anew. */
  | { readonly kind: 'folder'; readonly path: string }
  /** A path that one layer alone gives, with all that is below it. */
  | { readonly kind: 'leaf'; readonly path: string; readonly from: string; readonly type: LeafType }

export type LeafType = 'folder' | 'file' | 'symlink'

export interface MergeOptions {
  /** Descends into every folder, so that each leaf is a file or a symlink. */
  readonly whole?: boolean
  /** Gives up (undefined) when there are more paths than this. */
  readonly limit?: number
}

/**
 * Lays folders over one another by the rules of overlayfs, whose result this must equal: of several
 * layers that have a path the first one wins; folders are merged down to the first layer that has
 * something else under that name.
 */
export function mergeLayers(
  layers: readonly string[],
  options: MergeOptions = {},
): readonly Merged[] | undefined {
  const merged: Merged[] = []
  const { whole = false, limit = Number.POSITIVE_INFINITY } = options
  const descend = (shared: readonly string[], path: string): boolean => {
    const names = new Map<string, { layer: string; type: LeafType }[]>()
    for (const layer of shared) {
      for (const entry of readdirSync(join(layer, path), { withFileTypes: true })) {
        const owners = names.get(entry.name)
        if (owners) owners.push({ layer, type: leafType(entry) })
        else names.set(entry.name, [{ layer, type: leafType(entry) }])
      }
    }
    for (const name of [...names.keys()].sort(byCodeUnit)) {
      if (merged.length >= limit) return false
      const owners = names.get(name) ?? []
      const below = path ? `${path}/${name}` : name
      const end = owners.findIndex(owner => owner.type !== 'folder')
      const folders = end === -1 ? owners : owners.slice(0, end)
      const [first] = owners
      if (first && folders.length <= (whole ? 0 : 1)) {
        merged.push({ kind: 'leaf', path: below, from: join(first.layer, below), type: first.type })
      } else {
        merged.push({ kind: 'folder', path: below })
        if (
          !descend(
            folders.map(owner => owner.layer),
            below,
          )
        )
          return false
      }
    }
    return true
  }
  return descend(layers, '') ? merged : undefined
}

const leafType = (entry: Dirent): LeafType =>
  entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'symlink' : 'file'
