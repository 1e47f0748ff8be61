import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { removeTree } from '../../core/remove.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import { flushDisk } from './flush.ts'
import type { Folders } from './folders.ts'
import { BACKWARD, CHANGE, isSetting, JOURNAL, newPath } from './place.ts'
import type { Coming, Content, Plan } from './plan.ts'
import { journalText } from './step.ts'

/**
 * Puts all that comes beside the root's files, on the same file system, and then the journal. Until
 * then nothing of the root is touched, and what was staged may simply be removed. `trees` tells where a package's files are.
 */
export function stage(root: string, folders: Folders, plan: Plan, trees: ReadonlyMap<string, string>): void {
  unstage(folders)
  for (const path of [CHANGE, `${CHANGE}/new`, `${CHANGE}/old`]) mkdirSync(folders.at(path), 0o700)
  const known = new Map<string, string>()
  for (const [number, coming] of plan.coming.entries()) {
    // Numbers of what is only taken away have nothing that comes.
    if (coming) stageOne(coming, folders.at(newPath(number)), trees, known)
  }
  const part = folders.at(`${JOURNAL}.part`)
  writeFileSync(part, journalText(plan.steps))
  flushDisk(root)
  renameSync(folders.at(`${JOURNAL}.part`), folders.second(JOURNAL))
}

function stageOne(
  coming: Coming,
  to: string,
  trees: ReadonlyMap<string, string>,
  known: Map<string, string>,
): void {
  if (coming.kind === 'record') {
    writeFileSync(to, coming.text)
    chmodSync(to, 0o644)
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

/** Ends a change: from here on there is none. The files of it go. */
export function unstage(folders: Folders): void {
  if (!existsSync(folders.at(CHANGE))) return
  for (const path of [JOURNAL, BACKWARD]) {
    if (existsSync(folders.at(path))) renameSync(folders.at(path), folders.second(`${CHANGE}/over`))
  }
  folders.forget()
  removeTree(folders.at(CHANGE))
  folders.forget()
}
