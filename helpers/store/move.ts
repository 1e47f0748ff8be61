import { copyFileSync, linkSync, renameSync, rmSync } from 'node:fs'
import { partOf } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'

/** Gives a complete file its name, in one step even when it comes from another file system. */
export function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    const part = partOf(to)
    try {
      copyFileSync(from, part)
      renameSync(part, to)
    } catch (failure) {
      rmSync(part, { force: true })
      throw failure
    }
  }
}

/** Gives a file that nobody writes into a second name: the same file where it can be, a copy elsewhere. */
export function linkFile(from: string, to: string): void {
  const part = partOf(to)
  try {
    try {
      linkSync(from, part)
    } catch {
      copyFileSync(from, part)
    }
    renameSync(part, to)
  } finally {
    // It is there still where both were names of one file already.
    rmSync(part, { force: true })
  }
}

/** Gives a complete folder its name, which says what it holds: one that is there already is as good. */
export function moveFolder(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    removeTree(from)
  }
}
