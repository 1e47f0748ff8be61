import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeFolders } from '../../core/folders.ts'
import { findProgram } from '../../core/missing.ts'
import { partOf } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'
import { isSystemError } from '../../core/system-error.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'

/** What a program may rely on, and nothing that differs between machines. */
const DEVICES = ['full', 'null', 'random', 'tty', 'urandom', 'zero'] as const

const LINKS: readonly (readonly [target: string, name: string])[] = [
  ['/proc/self/fd', 'fd'],
  ['/proc/self/fd/0', 'stdin'],
  ['/proc/self/fd/1', 'stdout'],
  ['/proc/self/fd/2', 'stderr'],
]

/** Nobody's: neither root's nor a person's. */
const OWNER = 65534

/**
 * The folder of the devices that a sandbox shows: /dev, or for root one in `place`, for builds the store, which is
 * nobody's, and so are its devices. Whoever owns a device may change its mode without any privilege, and to the kernel
 * a sandbox that root starts is root's (see covers.ts): it could close /dev/null to everybody on the host. Where none
 * can be made (in some containers) or used (`nodev`) it is /dev.
 */
export function deviceFolder(place: string): string {
  if (process.getuid?.() !== 0) return MACHINE
  const folder = join(place, 'devices')
  if (areGood(folder)) return folder
  try {
    return makeDevices(folder) ? folder : MACHINE
  } catch (error) {
    if (!isSystemError(error)) throw error
    // Another may have been faster.
    return areGood(folder) ? folder : MACHINE
  }
}

/** The bwrap options that show the devices of such a folder in the /dev of a sandbox. */
export const deviceBinds = (folder: string): readonly string[] =>
  DEVICES.flatMap(name => ['--dev-bind', join(folder, name), `/dev/${name}`])

/**
 * The bwrap options that make a /dev of such a folder. One that is nobody's is shown as it is, as nobody in the sandbox
 * may write there: each mount takes time in each sandbox.
 */
export function deviceOptions(folder: string): readonly string[] {
  const memory = ['--perms', '1777', '--tmpfs', '/dev/shm']
  if (folder !== MACHINE) return ['--dev-bind', folder, '/dev', ...memory]
  const links = LINKS.flatMap(([target, name]) => ['--symlink', target, `/dev/${name}`])
  return ['--tmpfs', '/dev', ...memory, ...deviceBinds(folder), ...links, '--remount-ro', '/dev']
}

const MACHINE = '/dev'

function areGood(folder: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false })
  if (stats?.uid !== OWNER || (stats.mode & 0o7777) !== 0o755) return false
  const now = `${stats.dev} ${stats.ino} ${stats.ctimeMs}`
  if (now === seen) return true
  const count = DEVICES.length + LINKS.length + 1
  if (readdirSync(folder).length !== count || !DEVICES.every(name => isGood(folder, name))) return false
  seen = now
  return true
}

/** The folder that was looked into: once is enough, until something comes into it or goes. */
let seen: string | undefined

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
    for (const [target, name] of LINKS) symlinkSync(target, join(part, name))
    const memory = join(part, 'shm')
    mkdirSync(memory)
    for (const folder of [memory, part]) {
      // The caller's umask must not show, nor the moment.
      chmodSync(folder, 0o755)
      chownSync(folder, OWNER, OWNER)
    }
    utimesSync(part, PACKAGE_TIME, PACKAGE_TIME)
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
