import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { partOf } from './part.ts'

/**
 * Writes a file that is there as a whole or not at all: under another name beside it until it is whole. Nothing is left
 * of one that the disk had no room for. The folder has to be there.
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const part = partOf(path)
  try {
    // Never through a symlink that somebody put there, in a folder such as /tmp.
    writeFileSync(part, content, { flag: 'wx' })
    renameSync(part, path)
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}
