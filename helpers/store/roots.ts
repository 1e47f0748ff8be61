import { lstatSync, readFileSync, rmSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { isSha256, type Sha256, sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { quoted } from '../../core/message.ts'
import { namesIfThere } from '../../core/names-if-there.ts'
import { byCodeUnit } from '../../core/order.ts'
import { parseRecfile, value, values } from '../../core/recfile.ts'
import { writeWhole } from '../../core/whole-file.ts'

/**
 * Who uses what of the store beyond the end of a process, such as a venv. `coolports cache gc` frees nothing that a
 * root holds. The owner is a path, and a root whose owner is gone counts no more: to let go of everything, `rm -rf`
 * the owner.
 *
 * What is not in the store yet can be held as well. Hold it before you look whether it is there, or look by
 * `useStore` (use.ts): then no gc can come in between.
 *
 * A root is a recutils record, `roots/NAME` in the store, of any NAME without a leading dot. Ours hold trees; other
 * programs may write some of their own:
 *
 *     owner: "/home/user/my venv"      (an absolute path, quoted as in JSON)
 *     tree: <sha256 of a tar>          (any number)
 *     package: <pkghash>               (any number)
 */
export interface Root {
  /** Its file in the store. */
  readonly path: string
  /** Undefined where the file cannot be read as a root; then it holds everything. */
  readonly owner: string | undefined
  readonly trees: readonly Sha256[]
  readonly packages: readonly Sha256[]
}

/** From now on `owner` holds these unpacked trees, by the sha256 of their tars, and no others. */
export function holdTree(store: string, owner: string, digests: readonly Sha256[]): void {
  if (!isAbsolute(owner)) throw new Error(`the owner of a root is no absolute path: ${quoted(owner)}`)
  makeFolders(rootsFolder(store))
  // A path may be longer than a file's name, and hold what no name may.
  const name = `${sha256(owner)}.tree`
  const text = [`owner: ${JSON.stringify(owner)}`, ...digests.map(digest => `tree: ${digest}`), '']
  writeWhole(join(rootsFolder(store), name), text.join('\n'))
}

/** All roots whose owners exist, and those that cannot be read. */
export function liveRoots(store: string): readonly Root[] {
  return allRoots(store).filter(({ owner }) => owner === undefined || exists(owner))
}

/** Removes the records of owners that are gone. */
export function sweepRoots(store: string): void {
  for (const { path, owner } of allRoots(store)) {
    if (owner !== undefined && !exists(owner)) rmSync(path, { force: true })
  }
}

const rootsFolder = (store: string): string => join(store, 'roots')

function allRoots(store: string): readonly Root[] {
  return namesIfThere(rootsFolder(store))
    .filter(name => !name.startsWith('.'))
    .sort(byCodeUnit)
    .flatMap(name => readRoot(join(rootsFolder(store), name)) ?? [])
}

/** Nothing where it went away meanwhile. */
function readRoot(path: string): Root | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return unreadable(path)
  }
  const { records, problems } = parseRecfile(text)
  const [record] = records
  const owner = record === undefined ? undefined : ownerIn(value(record, 'owner') ?? '')
  if (record === undefined || owner === undefined || records.length > 1 || problems.length > 0)
    return unreadable(path)
  const trees = values(record, 'tree')
  const packages = values(record, 'package')
  if (!trees.every(isSha256) || !packages.every(isSha256)) return unreadable(path)
  return { path, owner, trees, packages }
}

/** Whoever wrote it meant to hold something, so it is safe to take it for all. */
const unreadable = (path: string): Root => ({ path, owner: undefined, trees: [], packages: [] })

function ownerIn(text: string): string | undefined {
  try {
    const owner: unknown = JSON.parse(text)
    return typeof owner === 'string' && isAbsolute(owner) ? owner : undefined
  } catch {
    return undefined
  }
}

/** Only where it surely is not there; a folder that may not be looked into says nothing. */
function exists(path: string): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code !== 'ENOENT' && code !== 'ENOTDIR'
  }
}
