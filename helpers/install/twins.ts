import { closeSync, existsSync, openSync, rmSync } from 'node:fs'
import { type Folders, NoFolder } from './folders.ts'

/**
 * Whether two names in a folder of the root are one to its file system. It is tried, by a file that is gone at once:
 * in the folder itself, for some file systems decide it folder by folder; or, while that is not there, in the one in
 * which it will be made, and after which it will take.
 */
export function areOne(folders: Folders, folder: string, name: string, other: string): boolean {
  const at = (end: string): string =>
    folders.at(`${folder === '' ? '' : `${folder}/`}.~${process.pid}.${end}`)
  let isMade = false
  try {
    closeSync(openSync(at(name), 'wx', 0o600))
    isMade = true
    return existsSync(at(other))
  } catch (error) {
    if (error instanceof NoFolder) return areOne(folders, parentOf(error.path), name, other)
    // What has no room for the probe has hardly any for the names.
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return true
    throw error
  } finally {
    if (isMade) rmSync(at(name), { force: true })
  }
}

const parentOf = (path: string): string => path.split('/').slice(0, -1).join('/')
