import { DATABASE } from './place.ts'
import type { InstallProblem } from './problem.ts'
import type { Installed } from './record.ts'

/**
 * What packages cannot have together: a path of two of them that is not a folder of both, the folder of
 * the database, and, where the file system takes some names for one, names of that kind.
 */
export function ownerProblems(packages: readonly Installed[], folds: boolean): readonly InstallProblem[] {
  const owners = new Map<string, { readonly name: string; readonly folder: boolean }[]>()
  const problems: InstallProblem[] = []
  for (const { name, entries } of packages) {
    for (const { path, kind } of entries) {
      const there = owners.get(path)
      const owner = { name, folder: kind === 'folder' }
      if (there) there.push(owner)
      else owners.set(path, [owner])
      if (path.startsWith(`${DATABASE}/`) || (path === DATABASE && kind !== 'folder'))
        problems.push({ kind: 'reserved', path, name })
    }
  }
  for (const [path, all] of owners) {
    if (all.length > 1 && all.some(({ folder }) => !folder))
      problems.push({ kind: 'two owners', path, names: all.map(({ name }) => name) })
  }
  if (folds) problems.push(...twins(owners))
  return problems
}

function twins(owners: ReadonlyMap<string, readonly { readonly name: string }[]>): readonly InstallProblem[] {
  const paths = new Map<string, string[]>()
  for (const path of owners.keys()) {
    const folded = foldedPath(path)
    const same = paths.get(folded)
    if (same) same.push(path)
    else paths.set(folded, [path])
  }
  return [...paths.values()]
    .filter(same => same.length > 1)
    .map(same => ({
      kind: 'twins',
      path: same[0] ?? '',
      twins: same.map(path => ({ path, names: (owners.get(path) ?? []).map(({ name }) => name) })),
    }))
}

/** Equal for names that differ by case, or by how letters are put together from parts, alone. */
export const foldedPath = (path: string): string => path.normalize('NFD').toLowerCase().normalize('NFD')
