import { foldersOf } from '../../core/entry-path.ts'
import type { Entry } from '../tar/entry.ts'
import type { Member } from '../tar/write.ts'

/**
 * Lays layers over one another, the first on top, as an overlay and as the layers of an image are:
 * folders are merged, and what is not a folder hides all that stands at its path or would stand below it.
 * A hard link whose first name is hidden becomes the file itself, read by its own name. Answers what is seen of each
 * layer, in their order: one behind the other, a folder precedes what it holds where it does so in every layer.
 */
export function mergeMembers(layers: readonly (readonly Member[])[]): readonly (readonly Member[])[] {
  const taken = new Set<string>()
  /** Where some layer has what is not a folder: of the layers below it nothing further down is seen. */
  const ends = new Set<string>()
  return layers.map(layer => {
    const files = new Map<string, Entry & { readonly kind: 'file' }>()
    /** Where in the merged tree a file of this layer stands, by its first name in the layer. */
    const names = new Map<string, string>()
    const seen = layer.filter(({ entry }) => {
      if (entry.kind === 'file') files.set(entry.path, entry)
      return !taken.has(entry.path) && !foldersOf(entry.path).some(folder => ends.has(folder))
    })
    for (const { entry } of seen) taken.add(entry.path)
    for (const { entry } of layer) if (entry.kind !== 'directory') ends.add(entry.path)
    return seen.map(member => ({ ...member, entry: linked(member.entry, files, names) }))
  })
}

function linked(
  entry: Entry,
  files: ReadonlyMap<string, Entry & { readonly kind: 'file' }>,
  names: Map<string, string>,
): Entry {
  if (entry.kind !== 'file' && entry.kind !== 'link') return entry
  const first = entry.kind === 'file' ? entry.path : entry.target
  const name = names.get(first)
  if (name !== undefined) return { kind: 'link', path: entry.path, mode: entry.mode, target: name }
  names.set(first, entry.path)
  const file = files.get(first)
  return file ? { ...file, path: entry.path } : entry
}
