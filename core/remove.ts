import { chmodSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Removes a folder and all below it: also what a build made read-only, and folders so deep that no path leads to
 * them, as suites make to try getcwd().
 */
export function removeTree(folder: string): void {
  try {
    // Mostly of what was put in its place: node looks at what is not there for longer.
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // That was never made; its maker has failed, and tells why.
    if (isTooLong(folder)) return
    // Node calls itself for each folder in a folder, until its stack ends.
    if (!HINDRANCES.includes(code ?? '') && !(error instanceof RangeError)) throw error
    loosen(folder)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whether the kernel takes no such name. From node 24 on the error of a tree that cannot be removed does not say so. */
function isTooLong(path: string): boolean {
  try {
    lstatSync(path)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG'
  }
}

const HINDRANCES = ['EACCES', 'EPERM', 'ENOTEMPTY', 'ENAMETOOLONG']

/** A path that the kernel takes has less than 4096 bytes; some 1700 folders in each other are too many for node. */
const LONG = 1024

/** Opens all folders below one, and moves those up whose paths are long. Names are bytes: not all are UTF-8. */
function loosen(folder: string): void {
  let moved = 0
  const open = [Buffer.from(folder)]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    chmodSync(path, 0o700)
    for (const entry of readdirSync(path, { encoding: 'buffer' })) {
      const below = Buffer.concat([path, SLASH, entry])
      if (!lstatSync(below).isDirectory()) continue
      if (below.length < LONG) open.push(below)
      else {
        const to = join(folder, `.moved-up-${process.pid}-${moved}`)
        chmodSync(below, 0o700) // whose parent changes, it must be writable
        renameSync(below, to)
        moved += 1
        open.push(Buffer.from(to))
      }
    }
  }
}

const SLASH = Buffer.from('/')
