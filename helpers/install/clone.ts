import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  type Stats,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { PACKAGE_TIME } from '../tar/entry.ts'
import { readDatabase } from './database.ts'
import { Folders } from './folders.ts'
import { CHANGE, isSetting } from './place.ts'
import type { OwnedFile } from './record.ts'

/**
 * Makes a root that is the same as another. Files that packages own share their bytes, by hard links, for
 * packages replace files and never write into them; all others are copied, settings too, because people do. Sockets,
 * fifos and devices are left out.
 */
export function cloneRoot(from: string, to: string): void {
  const owned = ownedFiles(from)
  const walk = (below: string): void => {
    for (const name of readdirSync(join(from, below))) {
      const path = below === '' ? name : `${below}/${name}`
      if (path === CHANGE) continue
      const stats = lstatSync(join(from, path))
      cloneEntry(join(from, path), join(to, path), stats, isAsOwned(stats, owned.get(path)))
      if (!stats.isDirectory()) continue
      walk(path)
      utimesSync(join(to, path), stats.atime, stats.mtime)
    }
  }
  walk('')
  const stats = lstatSync(from)
  chownSync(to, stats.uid, stats.gid)
  chmodSync(to, stats.mode & 0o7777)
}

function cloneEntry(from: string, to: string, stats: Stats, share: boolean): void {
  if (stats.isDirectory()) {
    mkdirSync(to)
    chownSync(to, stats.uid, stats.gid)
    chmodSync(to, stats.mode & 0o7777)
  } else if (stats.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to)
    lchownSync(to, stats.uid, stats.gid)
    lutimesSync(to, stats.atime, stats.mtime)
  } else if (stats.isFile()) {
    if (share) linkSync(from, to)
    else {
      copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      chownSync(to, stats.uid, stats.gid)
      chmodSync(to, stats.mode & 0o7777)
      utimesSync(to, stats.atime, stats.mtime)
    }
  }
}

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
