import { renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Writes a file that is there as a whole or not at all: under another name beside it, `PATH.PID.part`, until it is
 * whole. Nothing is left of one that the disk had no room for. The folder has to be there.
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const part = `${path}.${process.pid}.part`
  try {
    rmSync(part, { force: true })
    // Never through a symlink that somebody put there, in a folder such as /tmp.
    writeFileSync(part, content, { flag: 'wx' })
    renameSync(part, path)
  } finally {
    rmSync(part, { force: true })
  }
}
