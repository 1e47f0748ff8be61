import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { PACKAGE_TIME } from '../tar/entry.ts'
import { readDatabase } from './database.ts'
import { Folders } from './folders.ts'
import { CHANGE } from './journal.ts'
import { isSetting } from './layout.ts'
import { mountPoints } from './mounts.ts'
import type { OwnedFile } from './record.ts'

/**
 * Makes a root that is the same as another. Files that packages own share their bytes, by hard links, for
 * packages replace files and never write into them; all others are copied, settings too, because people do. Sockets,
 * fifos and devices are left out; so is what is mounted, and an empty folder or file is in its place.
 */
export function cloneRoot(from: string, to: string): void {
  const owned = ownedFiles(from)
  const mounts = mountPoints()
  // Names are bytes: one that is not UTF-8 is a name, too.
  const walk = (below: Buffer, above: Stats): void => {
    const [here, there] = [at(from, below), at(to, below)]
    for (const name of readdirSync(here, { encoding: 'buffer' })) {
      const path = below.length === 0 ? name : Buffer.concat([below, SLASH, name])
      const known = textOf(path)
      if (known === CHANGE) continue
      const [source, target] = [at(from, path), at(to, path)]
      if (mounts.has(source.toString('latin1'))) {
        standIn(target, lstatSync(source))
        continue
      }
      const stats = lstatSync(source)
      if (stats.isDirectory()) {
        mkdirSync(target, 0o700)
        walk(path, stats)
      } else cloneFile(source, target, stats, known !== undefined && isAsOwned(stats, owned.get(known)))
    }
    // Last: nothing can be put into a folder that is read-only.
    chownSync(there, above.uid, above.gid)
    chmodSync(there, above.mode & 0o7777)
    utimesSync(there, above.atime, above.mtime)
  }
  walk(Buffer.alloc(0), lstatSync(from))
}

const SLASH = Buffer.from('/')

const at = (root: string, path: Buffer): Buffer =>
  path.length === 0 ? Buffer.from(root) : Buffer.concat([Buffer.from(root), SLASH, path])

/** The text that has these bytes; undefined where none has. */
function textOf(path: Buffer): string | undefined {
  const text = path.toString('utf8')
  return Buffer.from(text).equals(path) ? text : undefined
}

/** What is below a mount cannot be seen; so it is as a root has it that waits for one. */
function standIn(to: Buffer, stats: Stats): void {
  if (stats.isDirectory()) mkdirSync(to)
  else writeFileSync(to, '')
  chmodSync(to, stats.isDirectory() ? 0o755 : 0o644)
}

function cloneFile(from: Buffer, to: Buffer, stats: Stats, share: boolean): void {
  if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(from, { encoding: 'buffer' }), to)
    lchownSync(to, stats.uid, stats.gid)
    lutimesSync(to, stats.atime, stats.mtime)
  } else if (stats.isFile()) {
    if (share) linkSync(from, to)
    else {
      if (stats.blocks * BLOCK_BYTES < stats.size) copySparse(from, to)
      else copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      chownSync(to, stats.uid, stats.gid)
      chmodSync(to, stats.mode & 0o7777)
      utimesSync(to, stats.atime, stats.mtime)
    }
  }
}

/** stat(2): what `blocks` counts. */
const BLOCK_BYTES = 512

/** A file with holes keeps them: a log of logins, or the image of a disk, may be larger than the disk that it is on. */
function copySparse(from: Buffer, to: Buffer): void {
  const [source, target] = [
    openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW),
    openSync(to, 'wx', 0o600),
  ]
  try {
    const [chunk, zeros] = [Buffer.alloc(CHUNK_BYTES), Buffer.alloc(CHUNK_BYTES)]
    let at = 0
    for (let got = readSync(source, chunk); got > 0; got = readSync(source, chunk)) {
      const part = chunk.subarray(0, got)
      if (!part.equals(zeros.subarray(0, got)))
        for (let done = 0; done < got; ) done += writeSync(target, part, done, got - done, at + done)
      at += got
    }
    ftruncateSync(target, at)
  } finally {
    closeSync(target)
    closeSync(source)
  }
}

const CHUNK_BYTES = 64 * 1024

function ownedFiles(root: string): ReadonlyMap<string, OwnedFile> {
  const folders = new Folders(root)
  try {
    const packages = readDatabase(folders)
    // A damaged database is told by the change that follows.
    const entries = packages.ok ? packages.value.flatMap(one => one.entries) : []
    return new Map(
      entries.flatMap(entry =>
        entry.kind === 'file' && !isSetting(entry.path) ? [[entry.path, entry] as const] : [],
      ),
    )
  } finally {
    folders.close()
  }
}

/** By its looks; whoever wrote into it changed its time. */
const isAsOwned = (stats: Stats, file: OwnedFile | undefined): boolean =>
  file !== undefined &&
  stats.size === file.size &&
  (stats.mode & 0o7777) === file.mode &&
  stats.mtimeMs === PACKAGE_TIME * 1000
