import { readlinkSync } from 'node:fs'
import type { Merged } from '../sandbox/merge.ts'
import type { Layer } from './layer.ts'
import { chosenPath } from './record.ts'
import type { Thing } from './thing.ts'

/** In a state: a symlink for each layer, 0 on top. */
const LAYERS = '.layers'

/**
 * The venv as a folder `root` of folders and symlinks in a state. They lead through `.layers`, and up to
 * it by `..`: so the state may be moved, and in a sandbox that has `root`'s folders at its own root, and
 * `.layers` beside them, they lead to the same files.
 */
export function* links(layers: readonly Layer[], entries: readonly Merged[]): Generator<Thing> {
  yield { kind: 'folder', path: LAYERS }
  let chosen = 0
  for (const [index, layer] of layers.entries()) {
    const target = layer.kind === 'chosen' ? chosenPath('..', chosen++) : layer.path
    yield { kind: 'link', path: `${LAYERS}/${index}`, target }
  }
  yield { kind: 'folder', path: 'root' }
  for (const entry of entries) {
    const path = `root/${entry.path}`
    if (entry.kind === 'folder') yield { kind: 'folder', path }
    else yield { kind: 'link', path, target: target(entry) }
  }
}

/** A symlink is repeated, an absolute one as it is meant: from the root of the venv. */
function target(entry: Merged & { kind: 'leaf' }): string {
  const depth = entry.path.split('/').length
  if (entry.type !== 'symlink') return `${'../'.repeat(depth)}${LAYERS}/${entry.layer}/${entry.path}`
  const said = readlinkSync(entry.from)
  return said.startsWith('/') ? `./${'../'.repeat(depth - 1)}${said.replace(/^\/+/, '')}` : said
}
