import { mkdirSync, readlinkSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Laid } from './lay.ts'
import type { Layer } from './layer.ts'
import { chosenPath } from './record.ts'

/** In a state: a symlink for each layer, 0 on top. */
const LAYERS = '.layers'

/**
 * Plants the venv as a folder `root` of folders and symlinks in a state. They lead through `.layers`, and up to
 * it by `..`: so the state may be moved, and in a sandbox that has `root`'s folders at its own root, and
 * `.layers` beside them, they lead to the same files.
 */
export function plantLinks(state: string, layers: readonly Layer[], entries: readonly Laid[]): void {
  mkdirSync(join(state, LAYERS))
  let chosen = 0
  for (const [index, layer] of layers.entries()) {
    const path = layer.kind === 'chosen' ? chosenPath('..', chosen++) : layer.path
    symlinkSync(path, join(state, LAYERS, String(index)))
  }
  const root = join(state, 'root')
  mkdirSync(root)
  for (const entry of entries) {
    const full = join(root, entry.path)
    if (entry.kind === 'folder') mkdirSync(full)
    else symlinkSync(target(entry, (layers[entry.layer] as Layer).path), full)
  }
}

/** A symlink is repeated, an absolute one as it is meant: from the root of the venv. */
function target(entry: Laid & { kind: 'leaf' }, layer: string): string {
  const depth = entry.path.split('/').length
  if (entry.type !== 'symlink') return `${'../'.repeat(depth)}${LAYERS}/${entry.layer}/${entry.path}`
  const said = readlinkSync(join(layer, entry.path))
  return said.startsWith('/') ? `./${'../'.repeat(depth - 1)}${said.replace(/^\/+/, '')}` : said
}
