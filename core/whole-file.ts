import { renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Writes a file that is there as a whole or not at all: under another name beside it, `PATH.PID.part`, until it is
 * whole. Nothing is left of one that the disk had no room for. The folder has to be there.
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const part = `${path}.${process.pid}.part`
  try {
    writeNew(part, content)
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}

/** Never through a symlink that somebody put there, in a folder such as /tmp. */
function writeNew(part: string, content: string | Uint8Array): void {
  const write = () => writeFileSync(part, content, { flag: 'wx' })
  try {
    write()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    // An earlier process of our number left it.
    rmSync(part)
    write()
  }
}
