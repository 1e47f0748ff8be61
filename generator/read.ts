import type { Api } from './api.ts'
import { type Checked, checkManifest } from './check/manifest.ts'
import { loadManifests } from './load.ts'
import type { Package } from './package.ts'
import type { Problem } from './problem.ts'
import { findPackages, readFiles } from './tree.ts'

/**
 * load → check, for some of the packages `known`. All problems are told, and all packages that have
 * none; circles are the graph's business. Nothing is written.
 */
export async function readManifests(
  root: string,
  names: readonly string[],
  known: ReadonlySet<string>,
  knownApi?: Api,
): Promise<{
  readonly checked: readonly Checked[]
  readonly problems: readonly Problem[]
  readonly api?: Api
}> {
  // Spares the start of a realm when nothing is to be loaded.
  if (names.length === 0) return { checked: [], problems: [] }
  const { loaded, problems: loadProblems, api } = await loadManifests(root, names, known, knownApi)
  const problems: Problem[] = [...loadProblems]
  const checked: Checked[] = []
  for (const one of loaded) {
    const { files, problems: fileProblems } = readFiles(root, one.name)
    const result = checkManifest(one, files, known)
    if (result.ok && fileProblems.length === 0) checked.push(result.value)
    problems.push(...fileProblems, ...(result.ok ? [] : result.error))
  }
  return { checked, problems, api }
}

/** What the manifests of a tree say; of some packages, or of all. Packages with problems are left out. */
export async function readPackages(
  root: string,
  names?: readonly string[],
): Promise<{ readonly packages: ReadonlyMap<string, Package>; readonly problems: readonly Problem[] }> {
  const found = findPackages(root)
  const { checked, problems } = await readManifests(root, names ?? found.names, new Set(found.names))
  return {
    packages: new Map(checked.map(one => [one.package.name, one.package])),
    problems: names ? problems : [...found.problems, ...problems],
  }
}
