import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  fchmodSync,
  futimesSync,
  linkSync,
  lutimesSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip, gunzipSync } from 'node:zlib'
import type { Sha256 } from '../../core/digest.ts'
import { isDiskFull } from '../../core/disk.ts'
import { checkedPath, foldedPath, folderOf, foldersOf } from '../../core/entry-path.ts'
import { makeFolder } from '../../core/folders.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { hashed, streamDigest } from '../../core/stream-digest.ts'
import type { Bounds } from './bounds.ts'
import { MARKED_MODE, PACKAGE_TIME, packageMode, SET_UID } from './entry.ts'
import { readIdentity } from './identity.ts'
import { entryCheck, type Held, heldBy } from './inspect.ts'
import { type TarProblem, TarRefusal } from './problem.ts'
import { readProblem, readTar, type Source } from './read.ts'
import { SetuidCheck } from './setuid.ts'

export interface UnpackOptions extends Bounds {
  /**
   * What becomes of set-uid files: with a list they must be those of the list, and are marked (MARKED_MODE), as
   * they are with `marked`, whichever they are. Without it no bit is kept. No file is ever set-gid.
   */
  readonly setuid?: readonly string[] | 'marked'
}

/**
 * Unpacks a package into the new, empty folder `into` and answers with its identity. What is there
 * after a refusal is the caller's to remove; only after `ok` has the digest been verified.
 */
export async function unpackPackage(
  file: string,
  into: string,
  options: UnpackOptions = {},
): Promise<Result<Sha256, TarProblem>> {
  const want = readIdentity(file)
  if (!want) return refuse({ kind: 'unidentified' })
  const hash = createHash('sha256')
  const unpacked = await unpackTar(hashed(gunzipped(file), hash), into, options)
  if (!unpacked.ok) return unpacked
  const got = hash.digest('hex')
  return got === want ? ok(want) : refuse({ kind: 'digest', want, got })
}

/** The sha256 of the tar inside of a package's file, whatever the file says of itself. */
export async function tarDigest(file: string): Promise<Result<Sha256, TarProblem>> {
  try {
    return ok(await streamDigest(gunzipped(file)))
  } catch (error) {
    const problem = readProblem(error)
    if (problem) return refuse(problem)
    throw error
  }
}

/** In compressed bytes; no more than some thousandfold of them can come of it, which is kept in memory. */
const SMALL = 64 * 1024

/** The bytes inside a gzip file of one or more members. */
export async function* gunzipped(file: string): AsyncGenerator<Uint8Array> {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  // Small packages are many, and for each step of a stream another thread is waited for.
  if (size <= SMALL) {
    yield gunzipSync(readFileSync(file))
    return
  }
  const chunkSize = Math.min(256 * 1024, size)
  yield* pipeline(createReadStream(file, { highWaterMark: chunkSize }), createGunzip({ chunkSize }), () => {})
}

/**
 * Unpacks a tar archive into the new, empty folder `into`, which nobody else writes to. Nothing is
 * created outside of it, whatever the archive says: each name is checked, and each parent is
 * a folder that this very archive made, so no symlink is ever written through.
 */
export async function unpackTar(
  chunks: AsyncIterable<Uint8Array>,
  into: string,
  options: UnpackOptions = {},
): Promise<Result<void, TarProblem>> {
  const { maxEntries, setuid } = options
  const entryWhy = entryCheck(maxEntries)
  const check = setuid === undefined || setuid === 'marked' ? undefined : new SetuidCheck(setuid)
  const made: Made = new Map([['', 'folder']])
  try {
    for await (const source of readTar(chunks, options)) {
      const held = heldBy(source)
      const why = entryWhy(held) ?? check?.entry(held.kind, held.path, held.mode)
      if (why !== undefined) throw new TarRefusal({ kind: 'entry', name: held.path, why })
      try {
        await unpackEntry(source, held, into, made, setuid !== undefined)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENAMETOOLONG') throw new TarRefusal({ kind: 'entry', name: held.path, why: TOO_LONG })
        if (code !== 'EEXIST' || !hasTwin(held.path, made)) throw error
        throw new TarRefusal({ kind: 'entry', name: held.path, why: TWIN })
      }
    }
    const missing = check?.end()
    if (missing) return refuse(missing)
    setFolderTimes(into, made)
    return ok(undefined)
  } catch (error) {
    const problem: TarProblem | undefined = isDiskFull(error)
      ? { kind: 'disk full', folder: dirname(into) }
      : readProblem(error)
    if (problem) return refuse(problem)
    throw error
  }
}

const TOO_LONG = 'its name, or the path to it where it is unpacked, is longer than the file system takes'

const TWIN =
  'the file system takes it and an earlier entry for one: their names differ by case or the like alone'

/** Whether an entry, or a folder that it is in, is there under a name that a file system may take for the same. */
function hasTwin(name: string, made: Made): boolean {
  const path = checkedPath(name)
  const paths = [...foldersOf(path), path]
  const folded = new Set(paths.map(foldedPath))
  return [...made.keys()].some(path => !paths.includes(path) && folded.has(foldedPath(path)))
}

/** What was made so far, by path. */
type Made = Map<string, 'folder' | 'other'>

/** Of an entry that was checked. */
async function unpackEntry(
  source: Source,
  { kind, path: name, target }: Held,
  into: string,
  made: Made,
  mark: boolean,
): Promise<void> {
  const path = checkedPath(name)
  if (kind === 'directory') unpackFolder(path, into, made)
  else {
    const full = join(into, path)
    unpackFolder(folderOf(path), into, made)
    if (kind === 'symlink') {
      symlinkSync(target ?? '', full)
      lutimesSync(full, PACKAGE_TIME, PACKAGE_TIME)
    } else if (kind === 'link') linkSync(join(into, checkedPath(target ?? '')), full)
    else await unpackFile(source, full, mark)
    made.set(path, 'other')
  }
  source.resume()
}

/** And those that it lies in: archives may leave out the folders of their files. */
function unpackFolder(path: string, into: string, made: Made): void {
  if (made.has(path)) return
  unpackFolder(folderOf(path), into, made)
  makeFolder(join(into, path))
  made.set(path, 'folder')
}

async function unpackFile(source: Source, full: string, mark: boolean): Promise<void> {
  const fd = openSync(full, 'wx', 0o600)
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) writeFileSync(fd, chunk)
    // By fchmod and not by open's argument, which the caller's umask cuts.
    const mode = source.header.mode
    const marked = mark && (mode & SET_UID) !== 0 && (mode & 0o111) !== 0
    fchmodSync(fd, marked ? MARKED_MODE : packageMode(mode))
    futimesSync(fd, PACKAGE_TIME, PACKAGE_TIME)
  } finally {
    closeSync(fd)
  }
}

/** Last of all, because making something in a folder changes the folder's time. */
function setFolderTimes(into: string, made: Made): void {
  for (const [path, kind] of made) {
    if (kind === 'folder') utimesSync(join(into, path), PACKAGE_TIME, PACKAGE_TIME)
  }
}
