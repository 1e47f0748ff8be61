import {
  copyFileSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { distfilePath } from '../../core/store.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import { copyPath, levelTree } from './copy.ts'
import { damage } from './damaged.ts'
import { LOCK, runtimeModules } from './modules.ts'
import { readme } from './readme.ts'
import type { Tracked } from './tracked.ts'

/** What a bundle is made of. */
export interface BundleParts {
  readonly root: string
  readonly store: string
  readonly tracked: Tracked
  /** The packages that were asked for. */
  readonly packages: readonly string[]
  readonly sources: readonly { readonly file: string; readonly sha256: Sha256 }[]
}

/**
 * Fills a new folder with all that a build of some packages needs and the system does not have:
 *
 *     README       how it is used
 *     tree/        the tracked files; its programs (dist/) and the npm packages that they need, those of peers if they are there
 *     tree/mirrors/files/SHA256   the sources: do-fetch looks there first
 *     sources      a symlink to them, by which the folder is a mirror for others
 *
 * Of equal parts it makes equal folders.
 */
export async function fillBundle(folder: string, parts: BundleParts): Promise<Result<void, Message>> {
  const { root, store, tracked, sources } = parts
  const tree = join(folder, 'tree')
  const missing = tracked.paths.filter(
    path => lstatSync(join(root, path), { throwIfNoEntry: false }) === undefined,
  )
  if (missing.length > 0) {
    return refuse({
      cannot: 'copy the tree',
      why: 'files that git tracks are not there',
      facts: missing.slice(0, 5).map(path => ['missing', quoted(path)] as const),
    })
  }
  for (const path of tracked.paths) copyPath(join(root, path), join(tree, path))
  const copied = await copySources(join(tree, 'mirrors/files'), store, sources)
  if (!copied.ok) return copied
  copyModules(root, tree)
  // A time for each commit: what is copied over an older bundle is to be seen, though it may have the same size.
  const { time = PACKAGE_TIME } = tracked
  levelTree(tree, time - 3600)

  copyPrograms(root, tree)
  symlinkSync('tree/mirrors/files', join(folder, 'sources'))
  writeFileSync(join(folder, 'README'), readme(parts))
  // Behind their sources, lest a door bundles them again.
  levelTree(join(tree, 'dist'), time)
  lutimesSync(tree, time - 3600, time - 3600)
  return ok(undefined)
}

/** Read once more on the way. */
async function copySources(
  folder: string,
  store: string,
  sources: BundleParts['sources'],
): Promise<Result<void, Message>> {
  mkdirSync(folder, { recursive: true })
  for (const source of sources) {
    const to = join(folder, source.sha256)
    copyFileSync(distfilePath(store, source.sha256), to)
    const fault = await damage(to, source, 'copy')
    if (fault) return refuse(fault)
  }
  return ok(undefined)
}

function copyPrograms(root: string, tree: string): void {
  const dist = realpathSync(join(root, 'dist'))
  copyPath(dist, join(tree, 'dist'), path => path === dist || isProgram(path.slice(dist.length + 1), dist))
}

function copyModules(root: string, tree: string): void {
  for (const folder of MODULES.filter(one => existsSync(join(root, one, LOCK)))) {
    const modules = realpathSync(join(root, folder))
    for (const path of [LOCK, ...runtimeModules(modules)]) {
      // An optional one is for another kind of machine.
      if (existsSync(join(modules, path))) copyPath(join(modules, path), join(tree, folder, path))
    }
  }
}

/** The npm packages of the programs, and those of peers of IPFS, which are there for those who installed them. */
const MODULES: readonly string[] = ['node_modules', 'helpers/libp2p/node_modules']

/** Neither benchmarks nor chunks of earlier bundles. */
const isProgram = (path: string, dist: string): boolean =>
  path.endsWith('.js') && !path.includes('/') && !existsSync(join(dist, '.retired', path))
