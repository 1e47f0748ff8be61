import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { FAILED_FOLDER, LAST_PACKAGE_FILE, LOG_FILE } from '../core/name.ts'
import { byCodeUnit } from '../core/order.ts'
import { textIfReadable } from '../core/readable.ts'
import type { Checked } from './check/manifest.ts'
import {
  API_TARGET,
  type Emitted,
  emitApi,
  emitNames,
  emitPackage,
  emittedNames,
  formerFiles,
  targets,
} from './emit.ts'
import { dependentsOf, findCycles } from './graph.ts'
import { locate } from './locate.ts'
import { earlierIn, type Remembered, readMemo, type Stamped, writeMemo } from './memo.ts'
import type { Edge } from './package.ts'
import type { Problem } from './problem.ts'
import { readManifests } from './read.ts'
import { findPackages, isFresh, manifestPath, readFiles, stampAt } from './tree.ts'
import {
  findOrphans,
  removeApiTarget,
  removeOrphans,
  removeRules,
  removeTargets,
  writeChanged,
} from './write.ts'

interface Options {
  /** The root of the tree. */
  readonly root: string
  /** Writes nothing, trusts no stamp, and tells what would change. */
  readonly check: boolean
  /** Digest of this program, because another one may emit other text. */
  readonly program: string
}

export interface Outcome {
  readonly problems: readonly Problem[]
  /** The folders of the packages with a problem, in order. */
  readonly refused: readonly string[]
  /** Files that were written or removed; with `check`, that would be. Paths from the root of the tree, in order. */
  readonly changed: readonly string[]
  readonly packages: number
}

/**
 * load → check → order → emit → write. A package with a problem is left as it is: the rules that it has are stale, and
 * refuse to build it and what needs it. All others get theirs.
 */
export async function generate({ root, check, program }: Options): Promise<Outcome> {
  const begun = Date.now()
  const { names, others, stamps: manifestStamps, problems: folderProblems } = findPackages(root)
  const known = new Set(names)
  const memo = readMemo(root, check ? 'none' : program)
  // What is to be read has its stamp taken before, so that an edit in between is seen the next time.
  const stamps = new Map<string, string | undefined>(manifestStamps)
  const stampedNow = (path: string): string | undefined => {
    if (!stamps.has(path)) stamps.set(path, stampAt(join(root, path)))
    return stamps.get(path)
  }
  // What may have been edited since it was read is read again the next time, whatever its stamp.
  const remembered = (path: string): Stamped => {
    const stamp = stampedNow(path) ?? ''
    return [path, isFresh(stamp, begun) ? '' : stamp]
  }
  const unchanged = ([path, stamp]: Stamped): boolean => stampedNow(path) === stamp
  const sameApi = memo.api?.stamps.every(unchanged) ? memo.api : undefined
  const kept = new Map<string, Remembered>()
  for (const name of sameApi ? names : []) {
    const earlier = earlierIn(memo, name)
    if (earlier && stillHolds(root, name, earlier, known, unchanged)) kept.set(name, earlier)
  }

  const {
    checked,
    problems: readProblems,
    api = sameApi,
  } = await readManifests(
    root,
    names.filter(name => !kept.has(name)),
    known,
    sameApi,
  )
  const edges = new Map<string, readonly Edge[]>()
  for (const [name, earlier] of kept) edges.set(name, earlier.edges)
  for (const one of checked) edges.set(one.package.name, one.edges)
  const circles = findCycles(edges, (name, path) => {
    const file = manifestPath(name)
    return locate(file, readFileSync(join(root, file), 'utf8'), path)
  })
  const problems: Problem[] = [...folderProblems, ...readProblems, ...circles]
  const inCircle = new Set(circles.flatMap(({ trail }) => trail.map(({ name }) => name)))
  const refused = [...names, ...others]
    .filter(name => !edges.has(name) || inCircle.has(name))
    .sort(byCodeUnit)
  const good = checked.filter(one => !inCircle.has(one.package.name))

  const orphans = findOrphans(root, known, ownNames)
  const shared = [...defaultRules(root), emitNames(names), ...(api ? [emitApi(api)] : [])]
  if (check) {
    const emitted = [...good.flatMap(one => emitPackage(one.package)), ...shared]
    const stale = emitted
      .filter(({ path, text }) => textIfReadable(join(root, path)) !== text)
      .map(({ path }) => path)
    return { problems, refused, changed: [...stale, ...orphans], packages: names.length }
  }
  removeOrphans(root, orphans)
  const changed = [...orphans]
  const packages: Record<string, Remembered> = Object.fromEntries(kept)
  const isSameApi = isDeepStrictEqual(memo.api?.inputs, api?.inputs)
  const foreign: string[] = []
  for (const name of refused) {
    const earlier = isSameApi ? earlierIn(memo, name) : undefined
    // What they depend on may get other rules before they do.
    if (earlier?.emitted.every(unchanged)) packages[name] = earlier
    else foreign.push(name)
  }
  // What another program emitted, with another API, or for another folder that was copied, does not know itself to be stale.
  removeTargets(root, foreign)
  changed.push(...removeRules(root, foreign))
  const renewed: string[] = []
  for (const one of good) {
    const { name } = one.package
    const emitted = emitPackage(one.package)
    const written = writeChanged(root, `pkg/${name}`, emitted)
    if (written.length > 0) renewed.push(name)
    changed.push(...written)
    packages[name] = remember(root, one, emitted, remembered)
  }
  // The rule of the manifest API comes after all that was made with it: what was made with another one is refused until then.
  const sharedChanged = writeChanged(root, 'pkg', shared)
  if (sharedChanged.includes(`${API_TARGET}.do`)) removeApiTarget(root)
  changed.push(...sharedChanged)
  if (renewed.length > 0) {
    const allEdges = new Map(Object.entries(packages).map(([name, { edges }]) => [name, edges]))
    removeTargets(root, dependentsOf(renewed, allEdges))
  }
  if (good.length > 0 || Object.keys(memo.packages).length !== Object.keys(packages).length) {
    const stamped = api?.inputs.map(({ path }) => remembered(path))
    writeMemo(root, { program, packages, ...(api && stamped ? { api: { ...api, stamps: stamped } } : {}) })
  }
  return { problems, refused, changed, packages: names.length }
}

/** What we, redo and builds leave in the folder of a package, and once left there. */
const ownNames: readonly string[] = [
  ...emittedNames,
  ...[...targets, LAST_PACKAGE_FILE, LOG_FILE, FAILED_FOLDER],
  ...formerFiles,
]

/** The rules that are the same for all packages, as they are laid into `pkg/`, where redo looks for them. */
function defaultRules(root: string): readonly Emitted[] {
  return readdirSync(join(root, '.do-defaults'))
    .filter(file => file.endsWith('.do'))
    .sort()
    .map(file => ({ path: `pkg/${file}`, text: readFileSync(join(root, '.do-defaults', file), 'utf8') }))
}

function stillHolds(
  root: string,
  name: string,
  remembered: Remembered,
  known: ReadonlySet<string>,
  unchanged: (file: Stamped) => boolean,
): boolean {
  return (
    remembered.manifests.every(unchanged) &&
    remembered.emitted.every(unchanged) &&
    remembered.edges.every(edge => known.has(edge.to)) &&
    sameFiles(root, name, remembered.files, unchanged)
  )
}

function sameFiles(
  root: string,
  name: string,
  files: readonly Stamped[],
  unchanged: (file: Stamped) => boolean,
): boolean {
  if (files.length === 0 && stampAt(join(root, `pkg/${name}/files`)) === undefined) return true
  const present = readFiles(root, name)
  return present.problems.length === 0 && present.files.length === files.length && files.every(unchanged)
}

function remember(
  root: string,
  { package: pkg, edges }: Checked,
  emitted: readonly Emitted[],
  remembered: (path: string) => Stamped,
): Remembered {
  return {
    manifests: pkg.inputs.map(({ path }) => remembered(path)),
    files: pkg.files.map(({ path }) => remembered(`pkg/${pkg.name}/files/${path}`)),
    edges,
    emitted: emitted.map(({ path }) => [path, stampAt(join(root, path)) ?? '']),
  }
}
