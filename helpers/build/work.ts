import { chmodSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeFolder } from '../../core/folders.ts'
import { hasMode } from '../../core/mode.ts'
import { FAILED_FOLDER, LOG_FILE } from '../../core/name.ts'
import { partOf, sweepParts } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'
import { isSystemError } from '../../core/system-error.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import type { BuildProblem } from './problem.ts'

/** What the folder of a build is a part of, if only by name. */
const BUILD = 'build'

/**
 * The work folder of one build, in the package's own folder, in which we run: home, destdir and tmp, which the sandbox
 * may write to, and the log. Two builds at once have two.
 */
export function makeWork(script: string): string {
  sweepParts('.', BUILD)
  const work = partOf(resolve(BUILD))
  lastWork = work
  try {
    fillWork(work, script)
  } catch (error) {
    removeTree(work)
    throw error
  }
  return work
}

function fillWork(work: string, script: string): void {
  // Nobody else's, and before there is anything in it to go into: in there are a /tmp that all may write to, and
  // set-uid files of a package that is not packed yet.
  makeFolder(work, 0o700)
  for (const folder of ['home', 'home/src', 'destdir']) makeFolder(join(work, folder))
  makeFolder(join(work, 'tmp'), 0o1777)
  writeFileSync(join(work, 'build.sh'), script)
  chmodSync(join(work, 'build.sh'), 0o755)
  utimesSync(join(work, 'build.sh'), PACKAGE_TIME, PACKAGE_TIME)
}

/** Whether what a build leaves there has the modes that it was given. */
export const keepsModes = (work: string): boolean =>
  hasMode(work, 0o700) && hasMode(join(work, 'destdir'), 0o755)

/** The same bytes would be packed with others. */
export const modesLost = (action: string, label: string): BuildProblem => ({
  kind: 'tar',
  action,
  thing: label,
  problem: { kind: 'no modes', folder: resolve('.') },
})

/** Keeps a failed build's folder for a look inside; answers with its new name. */
export function keepFailed(work: string): string {
  const failed = resolve(FAILED_FOLDER)
  removeTree(failed)
  renameSync(work, failed)
  return failed
}

/**
 * Keeps what a build that went well has printed: it tells which tests ran, and what configure has found. Else the code
 * of why not, as where a folder has the name; a package is worth more than its log.
 */
export function keepLog(work: string): string | undefined {
  try {
    renameSync(join(work, 'log'), LOG_FILE)
    return undefined
  } catch (error) {
    if (!isSystemError(error)) throw error
    return error.code
  }
}

/** Removes the folder of a build that went well, if it needed one, and that of an earlier failure with it. */
export function removeWork(work?: string): void {
  if (work !== undefined) removeTree(work)
  removeTree(resolve(FAILED_FOLDER))
}

/** What a process removes that has to end now. */
export function removeLastWork(): void {
  if (lastWork !== undefined) removeTree(lastWork)
}

/** A process does one build after the other. */
let lastWork: string | undefined
