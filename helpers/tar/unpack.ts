import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  createReadStream,
  fchmodSync,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Header } from 'tar-stream'
import type { Sha256 } from '../../core/digest.ts'
import { isDiskFull } from '../../core/disk.ts'
import { entryPath, foldedPath, symlinkProblem } from '../../core/entry-path.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { hashed, streamDigest } from '../../core/stream-digest.ts'
import { type Bounds, MAX_ENTRIES } from './bounds.ts'
import { MARKED_MODE, PACKAGE_TIME, packageMode, SET_UID } from './entry.ts'
import { readIdentity } from './identity.ts'
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

/** The bytes inside a gzip file of one or more members. */
export function gunzipped(file: string): AsyncIterable<Uint8Array> {
  // A buffer of this size is made for every package, and small packages are many.
  const chunkSize = Math.min(
    256 * 1024,
    Math.max(16 * 1024, statSync(file, { throwIfNoEntry: false })?.size ?? 0),
  )
  return pipeline(createReadStream(file, { highWaterMark: chunkSize }), createGunzip({ chunkSize }), () => {})
}

/**
 * Unpacks a tar archive into the new, empty folder `into`, which nobody else writes to. Nothing is
 * created outside of it, whatever the archive says: each name is checked, and each parent must be
 * a folder that this very archive made, so no symlink is ever written through.
 */
export async function unpackTar(
  chunks: AsyncIterable<Uint8Array>,
  into: string,
  options: UnpackOptions = {},
): Promise<Result<void, TarProblem>> {
  const { maxEntries = MAX_ENTRIES, setuid } = options
  const check = setuid === undefined || setuid === 'marked' ? undefined : new SetuidCheck(setuid)
  const made: Made = new Map([['', 'folder']])
  try {
    for await (const source of readTar(chunks, options)) {
      const { name, type, mode } = source.header
      const why = check?.entry(type ?? '', name, mode ?? 0)
      if (why !== undefined) throw new TarRefusal({ kind: 'entry', name, why })
      try {
        await unpackEntry(source, into, made, setuid !== undefined)
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENAMETOOLONG') throw new TarRefusal({ kind: 'entry', name, why: TOO_LONG })
        if (code !== 'EEXIST' || !hasTwin(name, made)) throw error
        throw new TarRefusal({ kind: 'entry', name, why: TWIN })
      }
      // An entry may bring two thousand folders that have none of their own.
      if (made.size > maxEntries + 1)
        throw new TarRefusal({ kind: 'too large', what: 'entries', limit: maxEntries })
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
  const named = entryPath(name)
  const parts = named.ok ? named.value.split('/') : []
  const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
  const folded = new Set(paths.map(foldedPath))
  return [...made.keys()].some(path => !paths.includes(path) && folded.has(foldedPath(path)))
}

/** What the archive made so far, by path. An implied folder is one that has had no entry of its own. */
type Made = Map<string, 'folder' | 'implied folder' | 'file' | 'symlink'>

async function unpackEntry(source: Source, into: string, made: Made, mark: boolean): Promise<void> {
  const { name, type, linkname } = source.header as Partial<Header>
  const refuseIt = (why: string): TarRefusal => new TarRefusal({ kind: 'entry', name: name ?? '', why })
  const named = entryPath(name ?? '')
  if (!named.ok) throw refuseIt(named.error)
  const path = named.value
  const full = join(into, path)
  const there = made.get(path)
  if (type === 'directory' && (path === '' || there === 'implied folder')) {
    made.set(path, 'folder')
    source.resume()
    return
  }
  if (there) throw refuseIt(path === '' ? 'it stands for the root of the archive' : 'it comes twice')
  const parentProblem = makeParents(path, into, made)
  if (parentProblem) throw refuseIt(parentProblem)

  switch (type) {
    case 'directory':
      mkdirSync(full, 0o755)
      chmodSync(full, 0o755)
      made.set(path, 'folder')
      break
    case 'file':
    case 'contiguous-file':
      await unpackFile(source, full, mark)
      made.set(path, 'file')
      return
    case 'symlink': {
      const problem = symlinkProblem(path, linkname ?? '')
      if (problem) throw refuseIt(problem)
      symlinkSync(linkname ?? '', full)
      lutimesSync(full, PACKAGE_TIME, PACKAGE_TIME)
      made.set(path, 'symlink')
      break
    }
    case 'link': {
      const target = entryPath(linkname ?? '')
      if (!target.ok) throw refuseIt(`the target of this hard link is refused: ${target.error}`)
      if (made.get(target.value) !== 'file')
        throw refuseIt('it is a hard link to what is not an earlier file of the archive')
      linkSync(join(into, target.value), full)
      made.set(path, 'file')
      break
    }
    default:
      throw refuseIt(type ? `it is a ${type}` : 'it is of an unknown type')
  }
  source.resume()
}

/** Archives may leave out the folders of their files. */
function makeParents(path: string, into: string, made: Made): string | undefined {
  const parent = dirname(path)
  if (parent === '.') return undefined
  const there = made.get(parent)
  if (there === 'folder' || there === 'implied folder') return undefined
  if (there) return `its folder ${quoted(parent)} is a ${there}`
  const problem = makeParents(parent, into, made)
  if (problem) return problem
  mkdirSync(join(into, parent), 0o755)
  chmodSync(join(into, parent), 0o755)
  made.set(parent, 'implied folder')
  return undefined
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
    if (kind === 'folder' || kind === 'implied folder')
      utimesSync(join(into, path), PACKAGE_TIME, PACKAGE_TIME)
  }
}
