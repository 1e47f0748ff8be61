import {
  chmodSync,
  copyFileSync,
  linkSync,
  lutimesSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../../core/folders.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import { mergeLayers } from './merge.ts'

/**
 * The merged root as a real folder, where the kernel has no overlay for us: folders made, files
 * linked to the store's (copied where a link is not possible), symlinks repeated.
 */
export function plantFarm(layers: readonly string[], folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  makeFolder(folder)
  let canLink = true
  const entries = mergeLayers(layers, { isOpened: () => true }) ?? []
  for (const entry of entries) {
    const full = join(folder, entry.path)
    if (entry.kind === 'folder') makeFolder(full)
    else if (entry.type === 'symlink') {
      symlinkSync(readlinkSync(entry.from), full)
      lutimesSync(full, PACKAGE_TIME, PACKAGE_TIME)
    } else canLink = placeFile(entry.from, full, canLink)
  }
  // Those of folders last: what is put into one changes its own.
  for (const entry of entries) {
    if (entry.kind === 'folder') utimesSync(join(folder, entry.path), PACKAGE_TIME, PACKAGE_TIME)
  }
  utimesSync(folder, PACKAGE_TIME, PACKAGE_TIME)
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
      copy(from, to)
      return code === 'EMLINK'
    }
  }
  copy(from, to)
  return false
}

function copy(from: string, to: string): void {
  copyFileSync(from, to)
  chmodSync(to, statSync(from).mode & 0o7777)
  utimesSync(to, PACKAGE_TIME, PACKAGE_TIME)
}
