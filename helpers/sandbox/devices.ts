import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  renameSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeFolders } from '../../core/folders.ts'
import { findProgram } from '../../core/missing.ts'
import { partOf } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'
import { isSystemError } from '../../core/system-error.ts'

/** What a program may rely on, and nothing that differs between machines. */
const DEVICES = ['full', 'null', 'random', 'tty', 'urandom', 'zero'] as const

/** Nobody's: neither root's nor a person's. */
const OWNER = 65534

/**
 * The folder of the devices that a sandbox shows: /dev, or for root one in `place`, for builds the store, whose
 * devices are nobody's. Whoever owns a device may change its mode without any privilege, and to the kernel a sandbox
 * that root starts is root's (see covers.ts): it could close /dev/null to everybody on the host. Where none can be
 * made (in some containers) or used (`nodev`) it is /dev.
 */
export function deviceFolder(place: string): string {
  if (process.getuid?.() !== 0) return '/dev'
  const folder = join(place, 'devices')
  if (areGood(folder)) return folder
  try {
    return makeDevices(folder) ? folder : '/dev'
  } catch (error) {
    if (!isSystemError(error)) throw error
    // Another may have been faster.
    return areGood(folder) ? folder : '/dev'
  }
}

/** The bwrap options that show the devices of such a folder in the /dev of a sandbox. */
export const deviceBinds = (folder: string): readonly string[] =>
  DEVICES.flatMap(name => ['--dev-bind', join(folder, name), `/dev/${name}`])

const areGood = (folder: string): boolean => DEVICES.every(name => isGood(folder, name))

function isGood(folder: string, name: string): boolean {
  const stats = lstatSync(join(folder, name), { throwIfNoEntry: false })
  const { rdev } = statSync(`/dev/${name}`)
  return (
    stats?.isCharacterDevice() === true &&
    stats.rdev === rdev &&
    stats.uid === OWNER &&
    (stats.mode & 0o777) === 0o666
  )
}

function makeDevices(folder: string): boolean {
  const mknod = findProgram('mknod')
  if (mknod === undefined) return false
  const part = partOf(folder)
  try {
    makeFolders(part)
    for (const name of DEVICES) {
      const path = join(part, name)
      const { rdev } = statSync(`/dev/${name}`)
      if (spawnSync(mknod, [path, 'c', String(major(rdev)), String(minor(rdev))]).status !== 0) return false
      chownSync(path, OWNER, OWNER)
      chmodSync(path, 0o666)
    }
    closeSync(openSync(join(part, 'null'), 'w'))
    // One that is there is bad, or was made just now: builds that have begun may be about to show that.
    if (existsSync(folder) && !areGood(folder)) removeTree(folder)
    renameSync(part, folder)
    return true
  } finally {
    removeTree(part)
  }
}

/** As glibc's makedev(3) has it, for numbers as small as these. */
const major = (rdev: number): number => (rdev >> 8) & 0xfff
const minor = (rdev: number): number => rdev & 0xff
