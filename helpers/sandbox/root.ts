import { chmodSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { plantFarm } from './farm.ts'
import { type Merged, mergeLayers } from './merge.ts'
import { MOUNT_POINTS } from './skeleton.ts'

/** How the root of a sandbox comes about; each way gives the same files. */
export type Root =
  /** Each of its few top-level entries mounted from where it lies. */
  | { readonly kind: 'binds'; readonly entries: readonly Merged[] }
  /** An overlay that the launcher mounts; `count` layers, as symlinks 0, 1, … in the work folder's `layers`. */
  | { readonly kind: 'overlay'; readonly count: number }
  /** A real folder of hard links. */
  | { readonly kind: 'farm'; readonly folder: string }

/** A mount costs 0.15 to 0.2 ms; beyond some of them an overlay is cheaper. */
const MAX_BINDS = 64

/** The kernel takes 500 layers; and their names must fit into one page together. */
const MAX_LAYERS = 400

/**
 * The way that costs least: binds for a single package, an overlay for several, and a farm where
 * overlays do not work. The first layer wins, which never depends on the way that is taken.
 */
export function chooseRoot(
  work: string,
  layers: readonly string[],
  overlayWorks: boolean,
  trees: number,
): Root {
  const entries = trees <= 1 ? mergeLayers(layers, { limit: MAX_BINDS }) : undefined
  if (entries) return { kind: 'binds', entries }
  if (overlayWorks && layers.length <= MAX_LAYERS) return linkLayers(work, layers)
  const folder = join(work, 'farm')
  plantFarm(layers, folder)
  return { kind: 'farm', folder }
}

/** Short names without commas or colons: the mount options of an overlay have room for no others. */
function linkLayers(work: string, layers: readonly string[]): Root {
  const folder = join(work, 'layers')
  rmSync(folder, { recursive: true, force: true })
  rmSync(join(work, 'mounted'), { force: true })
  mkdirSync(folder)
  mkdirSync(join(work, 'root'), { recursive: true })
  chmodSync(join(work, 'root'), 0o755)
  for (const [index, layer] of layers.entries()) symlinkSync(layer, join(folder, String(index)))
  return { kind: 'overlay', count: layers.length }
}

/** The bwrap options that make it the root. Mounts on top of it follow; then `sealRoot`. */
export function rootOptions(root: Root, work: string): readonly string[] {
  switch (root.kind) {
    case 'overlay':
      return ['--ro-bind', join(work, 'root'), '/']
    case 'farm':
      return ['--ro-bind', root.folder, '/']
    case 'binds':
      return root.entries.filter(isSeen).flatMap(entry => {
        const path = `/${entry.path}`
        if (entry.kind === 'folder') return ['--dir', path]
        if (entry.type === 'symlink') return ['--symlink', readlinkSync(entry.from), path]
        return ['--ro-bind', entry.from, path]
      })
  }
}

/** What something is mounted over is not worth a mount of its own: bwrap makes each place that is missing. */
const isSeen = ({ path }: Merged): boolean => !MOUNT_POINTS.includes(path.split('/')[0] ?? '')

/** A root of binds stands on a memory file system, which a build could write to. */
export const sealRoot = (root: Root): readonly string[] =>
  root.kind === 'binds' ? ['--remount-ro', '/'] : []
