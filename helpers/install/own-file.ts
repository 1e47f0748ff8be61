import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Folders } from './folders.ts'

/**
 * The database's files, in a folder of the root: a script of a package, or whoever else writes there, may have put
 * something in their place that leads out of the root, or that never ends.
 */
const UNFOLLOWED = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** The text of a file; undefined where none is, and nothing of what is no file. A symlink is an error of the system. */
export function readOwnFile(folders: Folders, path: string): string | undefined {
  let fd: number
  try {
    fd = openSync(folders.at(path), UNFOLLOWED)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return fstatSync(fd).isFile() ? readFileSync(fd, 'utf8') : ''
  } finally {
    closeSync(fd)
  }
}

/** Writes a new file; what has its name is removed first, and never followed. */
export function writeOwnFile(folders: Folders, path: string, text: string): void {
  rmSync(folders.at(path), { recursive: true, force: true })
  writeFileSync(folders.at(path), text, { flag: 'wx' })
}
