import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { folderOf } from '../../core/entry-path.ts'
import { type Folders, NoFolder } from './folders.ts'

/**
 * Whether two names in a folder of the root are one to its file system. It is tried, by a file that is gone at once:
 * in the folder itself, for some file systems decide it folder by folder; or, while that is not there, in the one in
 * which it will be made, and after which it will take.
 */
export function areOne(folders: Folders, folder: string, name: string, other: string): boolean {
  const probe = `${folder === '' ? '' : `${folder}/`}.~${process.pid}`
  try {
    return areOneAt(folders, `${probe}.`, name, other)
  } catch (error) {
    if (error instanceof NoFolder) return areOne(folders, folderOf(error.path), name, other)
    if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error
  }
  // These names have room in a folder of their own alone, which takes after this one as well.
  try {
    mkdirSync(folders.at(probe))
    return areOneAt(folders, `${probe}/`, name, other)
  } finally {
    folders.forget()
    rmSync(folders.at(probe), { recursive: true, force: true })
  }
}

function areOneAt(folders: Folders, start: string, name: string, other: string): boolean {
  let isMade = false
  try {
    closeSync(openSync(folders.at(start + name), 'wx', 0o600))
    isMade = true
    return existsSync(folders.at(start + other))
  } finally {
    if (isMade) rmSync(folders.at(start + name), { force: true })
  }
}
