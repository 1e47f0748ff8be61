import { existsSync, lstatSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Sha256, sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { quoted } from '../../core/message.ts'
import { packageKeyPath, packagePath } from '../../core/store.ts'
import { fileStreamDigest, streamDigest } from '../../core/stream-digest.ts'
import { MARKED_MODE, PACKAGE_TIME } from '../tar/entry.ts'
import { readIdentity } from '../tar/identity.ts'
import { listTree } from '../tar/list.ts'
import { readProblem } from '../tar/read.ts'
import { gunzipped } from '../tar/unpack.ts'
import { writeTar } from '../tar/write.ts'
import { readNote } from './content.ts'
import { type StoreEntry, storeEntries } from './entries.ts'
import { lockStore } from './lock.ts'

export interface Damage {
  readonly entry: StoreEntry
  /** What is wrong with it. */
  readonly why: string
}

/**
 * Reads all that the store holds and tells what is not what its name says: sources by their sha256, packages
 * by gzip, by the tar that they name and by their key, trees by the tar that they would make and by modes and
 * times, notes of contents by their key. What is freed meanwhile is passed over.
 */
export async function* verifyStore(store: string): AsyncGenerator<Damage | StoreEntry> {
  for (const entry of storeEntries(store).entries) {
    let why: string | undefined
    try {
      why = await faultOf(store, entry)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && isGone(entry)) continue
      why = unreadable(error)
    }
    yield why === undefined ? entry : { entry, why }
  }
}

/**
 * Puts a damaged entry below `damaged/` of the store, so that it is made again; answers where. A build that is
 * using it goes on with what it has, or fails. `still`, asked while nobody else takes things out of the store:
 * whether it is yet to be done.
 */
export async function setAside(
  store: string,
  { kind, name, paths }: Pick<StoreEntry, 'kind' | 'name' | 'paths'>,
  still = () => true,
): Promise<string> {
  const folder = join(store, 'damaged', `${kind}.${basename(name)}.${Date.now()}`)
  const lock = await lockStore(store)
  try {
    if (still()) {
      makeFolders(folder)
      for (const path of paths) moveInto(folder, path)
    }
  } finally {
    lock.release()
  }
  return folder
}

/** A folder of the store may be a disk of its own; then it stays there, under a name that nobody reads. */
function moveInto(folder: string, path: string): void {
  for (const to of [join(folder, basename(path)), join(dirname(path), `.damaged.${basename(folder)}`)]) {
    try {
      renameSync(path, to)
      return
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') return
      if (code !== 'EXDEV') throw error
    }
  }
}

const isGone = ({ paths }: StoreEntry): boolean => !existsSync(paths[0] ?? '')

/** For a reading that fails: bad blocks of the disk, a folder where a file should be. */
function unreadable(error: unknown): string {
  if (!(error instanceof Error && 'code' in error)) throw error
  return `it cannot be read: ${error.code}`
}

function faultOf(store: string, entry: StoreEntry): Promise<string | undefined> | string | undefined {
  const [path = ''] = entry.paths
  switch (entry.kind) {
    case 'distfiles':
      return entry.name.startsWith('.partial/') ? undefined : distfileFault(path, entry.name)
    case 'packages':
      return packageFault(store, entry.name as Sha256)
    case 'trees':
      return treeFault(path, entry.name)
    case 'contents':
      return noteFault(store, path, entry.name)
    case 'skeletons':
      return modesFault(path)
  }
}

async function distfileFault(path: string, want: string): Promise<string | undefined> {
  if (!lstatSync(path).isFile()) return 'it is no plain file'
  const got = await fileStreamDigest(path)
  return got === want ? undefined : `its sha256 is ${got}`
}

async function packageFault(store: string, hash: Sha256): Promise<string | undefined> {
  const [path, key] = [packagePath(store, hash), packageKeyPath(store, hash)]
  const keyStats = lstatSync(key, { throwIfNoEntry: false })
  if (keyStats && (!keyStats.isFile() || sha256(readFileSync(key)) !== hash))
    return 'the sha256 of its key is another one'
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (!stats) return undefined // a key whose package was freed
  if (!stats.isFile()) return 'it is no plain file'
  if (!keyStats) return 'its key is gone'
  const want = readIdentity(path)
  if (want === undefined) return 'its gzip header does not name the sha256 of its tar'
  try {
    const got = await streamDigest(gunzipped(path))
    return got === want ? undefined : `the sha256 of its tar is ${got}, and it names ${want}`
  } catch (error) {
    if (readProblem(error)) return `its gzip is damaged: ${(error as Error).message}`
    throw error
  }
}

/** The tar that a tree would make has its name as the digest, whichever tar it came from. */
async function treeFault(path: string, want: string): Promise<string | undefined> {
  if (!lstatSync(path).isDirectory()) return 'it is no folder'
  const entries = listTree(path, { setuid: 'marked' })
  if (!entries.ok)
    return entries.error.map(problem => ('why' in problem ? problem.why : problem.kind)).join(', ')
  const got = await streamDigest(writeTar(path, entries.value))
  return got === want ? modesFault(path) : `the sha256 of its tar would be ${got}`
}

/** What a tar does not tell, as packing levels it, and a build sees. */
function modesFault(folder: string): string | undefined {
  const walk = (path: string): string | undefined => {
    const stats = lstatSync(join(folder, path))
    const mode = stats.mode & 0o7777
    const it = path === '' ? 'its folder' : quoted(path)
    const modes = stats.isDirectory()
      ? [0o755]
      : stats.isSymbolicLink()
        ? [mode]
        : [0o755, 0o644, MARKED_MODE]
    if (!modes.includes(mode)) return `${it} has mode ${mode.toString(8)}`
    if (stats.mtimeMs !== PACKAGE_TIME * 1000) return `${it} has another time`
    if (!stats.isDirectory()) return undefined
    for (const name of readdirSync(join(folder, path))) {
      const fault = walk(path === '' ? name : `${path}/${name}`)
      if (fault !== undefined) return fault
    }
    return undefined
  }
  return lstatSync(folder).isDirectory() ? walk('') : 'it is no folder'
}

function noteFault(store: string, path: string, name: string): string | undefined {
  if (!lstatSync(path).isFile()) return 'it is no plain file'
  const note = readNote(path)
  if (note === undefined || sha256(note.text) !== name) return 'it is not the note of this content'
  const file = packagePath(store, note.hash)
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return undefined
  return readIdentity(file) === note.tar ? undefined : 'its package has another tar'
}
