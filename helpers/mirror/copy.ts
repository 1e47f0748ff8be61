import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { takesModes } from '../../core/mode.ts'
import { byCodeUnit } from '../../core/order.ts'
import { packageMode } from '../tar/entry.ts'

/** Copies a file, a symlink as such, or a folder with all below it; modes are those of a package. */
export function copyPath(from: string, to: string, isWanted: (path: string) => boolean = () => true): void {
  const stats = lstatSync(from)
  if (!isWanted(from)) return
  mkdirSync(dirname(to), { recursive: true })
  if (stats.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
  else if (stats.isFile()) {
    copyFileSync(from, to)
    chmodSync(to, packageMode(stats.mode))
  } else if (stats.isDirectory()) {
    mkdirSync(to, { recursive: true })
    for (const name of readdirSync(from).sort(byCodeUnit))
      copyPath(join(from, name), join(to, name), isWanted)
  }
}

/** Whether a file system keeps what copies have to keep: symlinks, and which files may be run. FAT and exFAT keep neither. */
export function keepsKinds(folder: string): boolean {
  const probe = join(folder, 'probe')
  try {
    symlinkSync('target', probe)
    rmSync(probe)
    writeFileSync(probe, '')
    return takesModes(probe, 0o755, 0o644)
  } catch (error) {
    if (!['EPERM', 'ENOSYS', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    return false
  } finally {
    rmSync(probe, { force: true })
  }
}

/** Gives all below a folder, and itself, one time (seconds) and folders one mode. */
export function levelTree(path: string, time: number): void {
  const stats = lstatSync(path)
  if (stats.isDirectory()) {
    for (const name of readdirSync(path)) levelTree(join(path, name), time)
    chmodSync(path, 0o755)
  }
  lutimesSync(path, time, time)
}
