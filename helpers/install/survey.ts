import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import { fileDigest } from '../../core/file-digest.ts'
import { type Folders, isAbsence } from './folders.ts'

/** What stands at a path of the root. */
export type Fact =
  | { readonly kind: 'absent' }
  /** `disk`: the number of its file system; `names`: what it holds; `uid`, `gid`: whose it is. */
  | {
      readonly kind: 'folder'
      readonly mode: number
      readonly uid: number
      readonly gid: number
      readonly disk: number
      readonly names: readonly string[]
    }
  | {
      readonly kind: 'file'
      readonly mode: number
      readonly uid: number
      readonly size: number
      /** Undefined where this user may not read it, as no package's file is. */
      readonly sha256: Sha256 | undefined
    }
  | { readonly kind: 'symlink'; readonly target: string }
  /** A device, a fifo, a socket. */
  | { readonly kind: 'special' }

export type Facts = ReadonlyMap<string, Fact>

/** Looks at paths of the root; follows no symlink. */
export function survey(folders: Folders, paths: Iterable<string>): Facts {
  return new Map([...new Set(paths)].sort().map(path => [path, factOf(folders, path)]))
}

export function factOf(folders: Folders, path: string): Fact {
  let full: string
  let stats: Stats | undefined
  try {
    full = folders.at(path)
    // The root itself is a link of /proc.
    stats = lstatSync(path === '' ? `${full}/.` : full, { throwIfNoEntry: false })
  } catch (error) {
    if (!isAbsence(error)) throw error
    return { kind: 'absent' }
  }
  if (!stats) return { kind: 'absent' }
  const mode = stats.mode & 0o7777
  const { uid, gid } = stats
  if (stats.isDirectory())
    return { kind: 'folder', mode, uid, gid, disk: stats.dev, names: readdirSync(full) }
  if (stats.isSymbolicLink()) return { kind: 'symlink', target: readlinkSync(full) }
  if (!stats.isFile()) return { kind: 'special' }
  return { kind: 'file', mode, uid, size: stats.size, sha256: digestOf(full) }
}

function digestOf(file: string): Sha256 | undefined {
  try {
    return fileDigest(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined
    throw error
  }
}
