import { chmodSync, copyFileSync, linkSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { mergeLayers } from './merge.ts'

/**
 * The merged root as a real folder, where the kernel has no overlay for us: folders made, files
 * linked to the store's (copied where a link is not possible), symlinks repeated.
 */
export function plantFarm(layers: readonly string[], folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  let canLink = true
  for (const entry of mergeLayers(layers, { whole: true }) ?? []) {
    const full = join(folder, entry.path)
    if (entry.kind === 'folder') mkdirSync(full, 0o755)
    else if (entry.type === 'symlink') symlinkSync(readlinkSync(entry.from), full)
    else canLink = placeFile(entry.from, full, canLink)
  }
}

/** Answers whether linking is still worth a try: across file systems it never works. */
function placeFile(from: string, to: string, canLink: boolean): boolean {
  if (canLink) {
    try {
      linkSync(from, to)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // EPERM: files of another owner, under fs.protected_hardlinks; EMLINK: this one file is full.
      if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'EMLINK') throw error
      copyFileSync(from, to)
      return code === 'EMLINK'
    }
  }
  copyFileSync(from, to)
  return false
}
