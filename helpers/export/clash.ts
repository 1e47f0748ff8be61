import { folderOf } from '../../core/entry-path.ts'
import { byCodeUnit } from '../../core/order.ts'

/** Something that puts files at paths: a package, or what an option adds. */
export interface Owner {
  readonly name: string
  /** What stands at each path: equal texts are no clash. */
  readonly paths: ReadonlyMap<string, string>
}

/** A path at which owners have different things. */
export interface Clash {
  readonly path: string
  /** All that have something there, the one that is seen first. */
  readonly owners: readonly string[]
}

/** How somebody settles clashes. */
export interface Choice {
  /** The order decides: of two packages the earlier one's file is seen. */
  readonly order: boolean
  /** These come before all others, in this order, and what they have is seen. */
  readonly prefer: readonly string[]
}

/** The owners in the order in which they are seen, and the clashes that nobody has settled. */
export function settle<Kind extends Owner>(
  owners: readonly Kind[],
  { order, prefer }: Choice,
): { readonly owners: readonly Kind[]; readonly open: readonly Clash[] } {
  const preferred = prefer.flatMap(name => owners.filter(owner => owner.name === name))
  const seen = [...preferred, ...owners.filter(owner => !preferred.includes(owner))]
  const open = order ? [] : clashes(seen).filter(clash => !prefer.includes(clash.owners[0] ?? ''))
  return { owners: seen, open }
}

/**
 * All paths at which owners differ, sorted. Where one has a folder and another what is none, the later one of them is
 * not seen, and nothing that it has further down.
 */
export function clashes(owners: readonly Owner[]): readonly Clash[] {
  const at = new Map<string, Owner[]>()
  for (const owner of owners) {
    for (const path of withParents(owner.paths)) {
      const there = at.get(path)
      if (there) there.push(owner)
      else at.set(path, [owner])
    }
  }
  const found: Clash[] = []
  /** By path: who is not seen below it. */
  const hidden = new Map<string, ReadonlySet<Owner>>()
  // A path comes after those that it is below.
  for (const [path, all] of [...at].sort(([a], [b]) => byCodeUnit(a, b))) {
    const gone = hidden.get(folderOf(path))
    const there = gone ? all.filter(owner => !gone.has(owner)) : all
    const kinds = there.map(({ paths }) => paths.get(path) ?? 'directory')
    if (new Set(kinds).size > 1) found.push({ path, owners: there.map(({ name }) => name) })
    const end = kinds.findIndex(kind => kind !== 'directory')
    const ended = end === -1 ? [] : there.slice(end)
    if (gone || ended.length > 1 || end > 0) hidden.set(path, new Set([...(gone ?? []), ...ended]))
  }
  return found
}

/** Archives may leave out the folders of their files. */
function withParents(paths: ReadonlyMap<string, string>): ReadonlySet<string> {
  const all = new Set<string>()
  for (const path of paths.keys()) {
    for (let end = path.length; end > 0 && !all.has(path.slice(0, end)); end = path.lastIndexOf('/', end - 1))
      all.add(path.slice(0, end))
  }
  return all
}
