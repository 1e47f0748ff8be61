import { foldedPath } from '../../core/entry-path.ts'
import { DATABASE } from './layout.ts'
import type { InstallProblem } from './problem.ts'
import type { Installed } from './record.ts'

/**
 * What packages cannot have together: a path of two of them that is not a folder of both, the folder of
 * the database, and names that the file system takes for one.
 */
export function ownerProblems(packages: readonly Installed[], areOne: AreOne): readonly InstallProblem[] {
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
  return [...problems, ...twins(owners, areOne)]
}

/** Whether two names in a folder of the root are one to its file system. */
type AreOne = (folder: string, name: string, other: string) => boolean

function twins(
  owners: ReadonlyMap<string, readonly { readonly name: string }[]>,
  areOne: AreOne,
): readonly InstallProblem[] {
  const paths = new Map<string, string[]>()
  for (const path of owners.keys()) {
    const folded = foldedPath(path)
    const same = paths.get(folded)
    if (same) same.push(path)
    else paths.set(folded, [path])
  }
  return [...paths.values()]
    .map(([first = '', ...others]) => [first, ...others.filter(other => becomeOne(first, other, areOne))])
    .filter(same => same.length > 1)
    .map(same => ({
      kind: 'twins',
      path: same[0] ?? '',
      twins: same.map(path => ({ path, names: (owners.get(path) ?? []).map(({ name }) => name) })),
    }))
}

/** Whether they become one where they begin to differ; further down they do then, too. */
function becomeOne(path: string, other: string, areOne: AreOne): boolean {
  const [parts, others] = [path.split('/'), other.split('/')]
  const at = parts.findIndex((part, index) => part !== others[index])
  return areOne(parts.slice(0, at).join('/'), parts[at] ?? '', others[at] ?? '')
}
