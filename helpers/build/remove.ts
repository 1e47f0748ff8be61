import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Removes a folder and all below it, those folders too that a build made read-only. */
export function removeTree(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ENOTEMPTY') throw error
    openFolders(folder)
    rmSync(folder, { recursive: true, force: true })
  }
}

function openFolders(folder: string): void {
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry)
    if (lstatSync(path).isDirectory()) openFolders(path)
  }
}
