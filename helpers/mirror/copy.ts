import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { byCodeUnit } from '../../core/order.ts'

/** Copies a file, a symlink as such, or a folder with all below it; modes are those of a package. */
export function copyPath(from: string, to: string, isWanted: (path: string) => boolean = () => true): void {
  const stats = lstatSync(from)
  if (!isWanted(from)) return
  mkdirSync(dirname(to), { recursive: true })
  if (stats.isSymbolicLink()) symlinkSync(readlinkSync(from), to)
  else if (stats.isFile()) {
    copyFileSync(from, to)
    chmodSync(to, stats.mode & 0o111 ? 0o755 : 0o644)
  } else if (stats.isDirectory()) {
    mkdirSync(to, { recursive: true })
    for (const name of readdirSync(from).sort(byCodeUnit))
      copyPath(join(from, name), join(to, name), isWanted)
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
