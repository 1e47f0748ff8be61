import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
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

export async function fileDigest(path: string): Promise<Sha256> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    hash.update(chunk as Uint8Array)
  return hash.digest('hex') as Sha256
}
