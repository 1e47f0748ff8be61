import { chmodSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Lets an ordinary user read all that a build of his has made: root reads it in any case, and both are to pack the
 * same. What is changed here does not show in a package, whose modes are 755 and 644.
 */
export function makeReadable(folder: string): void {
  if (process.getuid?.() === 0) return
  const open = [folder]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    allow(path, lstatSync(path).mode, 0o700)
    for (const name of readdirSync(path)) {
      const below = join(path, name)
      // A name that is not UTF-8 is not found by its decoded form, and will be refused.
      const stats = lstatSync(below, { throwIfNoEntry: false })
      if (stats?.isDirectory()) open.push(below)
      else if (stats?.isFile()) allow(below, stats.mode, 0o400)
    }
  }
}

function allow(path: string, mode: number, bits: number): void {
  if ((mode & bits) !== bits) chmodSync(path, (mode & 0o7777) | bits)
}
