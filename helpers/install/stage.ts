import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  lutimesSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { PACKAGE_TIME } from '../tar/entry.ts'
import type { Folders } from './folders.ts'
import { newPath, startChange, writeJournal } from './journal.ts'
import { isSetting, RECORD_MODE } from './layout.ts'
import type { Coming, Content, Plan } from './plan.ts'

/**
 * Puts all that comes beside the root's files, on the same file system, and then the journal. Until
 * then nothing of the root is touched, and what was staged may simply be removed. `trees` tells where a package's files are.
 */
export function stage(root: string, folders: Folders, plan: Plan, trees: ReadonlyMap<string, string>): void {
  startChange(folders)
  const known = new Map<string, string>()
  for (const [number, coming] of plan.coming.entries()) {
    // Numbers of what is only taken away have nothing that comes.
    if (coming) stageOne(coming, folders.at(newPath(number)), trees, known)
  }
  writeJournal(root, folders, plan.steps)
}

function stageOne(
  coming: Coming,
  to: string,
  trees: ReadonlyMap<string, string>,
  known: Map<string, string>,
): void {
  if (coming.kind === 'record') {
    writeFileSync(to, coming.text)
    chmodSync(to, RECORD_MODE)
    return
  }
  const tree = trees.get(coming.from)
  if (tree === undefined) throw new Error(`there is no tree of ${coming.from}`)
  stageContent(coming.content, join(tree, coming.content.path), to, known)
}

function stageContent(content: Content, from: string, to: string, known: Map<string, string>): void {
  if (content.kind === 'symlink') {
    symlinkSync(content.target, to)
    lutimesSync(to, PACKAGE_TIME, PACKAGE_TIME)
    return
  }
  const stats = lstatSync(from)
  // Edited files must not share their bytes with others.
  const inode = stats.nlink > 1 && !isSetting(content.path) ? `${stats.dev}:${stats.ino}` : undefined
  const same = inode === undefined ? undefined : known.get(inode)
  if (same !== undefined) {
    linkSync(same, to)
    return
  }
  // The store's own file is never linked: who may write to a root must not write to the store.
  copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
  chmodSync(to, content.mode)
  utimesSync(to, PACKAGE_TIME, PACKAGE_TIME)
  if (inode !== undefined) known.set(inode, to)
}
