import { chmodSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LOG_FILE } from '../../core/name.ts'
import { hasEnded } from '../../core/process.ts'
import { removeTree } from '../../core/remove.ts'
import { isSystemError } from '../../core/system-error.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'

/** Where the folder of a failed build is kept, until the next failure takes its place. */
const FAILED = '.build.failed'

/**
 * The work folder of one build, in the package's own folder: home, destdir and tmp, which the
 * sandbox may write to, and the log. Its name holds the process id, so two builds at once have two.
 */
export function makeWork(packageFolder: string, script: string): string {
  sweepWork(packageFolder)
  const work = resolve(packageFolder, `.build.${process.pid}`)
  // One of our own number can only be of a process that is gone.
  removeTree(work)
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
  mkdirSync(work, 0o700)
  chmodSync(work, 0o700)
  for (const folder of ['home', 'home/src', 'destdir', 'tmp']) {
    mkdirSync(join(work, folder))
    chmodSync(join(work, folder), 0o755)
  }
  chmodSync(join(work, 'tmp'), 0o1777)
  writeFileSync(join(work, 'build.sh'), script)
  chmodSync(join(work, 'build.sh'), 0o755)
  utimesSync(join(work, 'build.sh'), PACKAGE_TIME, PACKAGE_TIME)
}

/** Keeps a failed build's folder for a look inside; answers with its new name. */
export function keepFailed(packageFolder: string, work: string): string {
  const failed = resolve(packageFolder, FAILED)
  removeTree(failed)
  renameSync(work, failed)
  return failed
}

/**
 * Keeps what a build that went well has printed: it tells which tests ran, and what configure has found. Else the code
 * of why not, as where a folder has the name; a package is worth more than its log.
 */
export function keepLog(packageFolder: string, work: string): string | undefined {
  try {
    renameSync(join(work, 'log'), resolve(packageFolder, LOG_FILE))
    return undefined
  } catch (error) {
    if (!isSystemError(error)) throw error
    return error.code
  }
}

/** Removes the folder of a build that went well, if it needed one, and that of an earlier failure with it. */
export function removeWork(packageFolder: string, work?: string): void {
  if (work !== undefined) removeTree(work)
  removeTree(resolve(packageFolder, FAILED))
}

/** Removes the folders of builds whose process is gone: killed, or the machine went down. */
function sweepWork(packageFolder: string): void {
  for (const name of readdirSync(packageFolder)) {
    const pid = /^\.build\.(\d+)$/.exec(name)?.[1]
    if (pid && hasEnded(Number(pid))) removeTree(join(packageFolder, name))
  }
}
