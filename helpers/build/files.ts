import { chmodSync, copyFileSync, lutimesSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { foldersOf } from '../../core/entry-path.ts'
import { makeFolder } from '../../core/folders.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Entry, PACKAGE_TIME } from '../tar/entry.ts'
import { listTree } from '../tar/list.ts'
import type { BuildProblem } from './problem.ts'

/**
 * Copies a package's files/ as a build may see it: with the modes and the time that a package
 * has, because a checkout's own depend on the umask and the day on which it was made.
 */
export function copyFiles(from: string, to: string): Result<void, readonly BuildProblem[]> {
  const entries = listTree(from)
  if (!entries.ok)
    return refuse(entries.error.map(problem => ({ kind: 'tar', action: 'show', thing: from, problem })))
  makeFolder(to)
  const full = filled(entries.value)
  for (const entry of full) copyEntry(entry, from, to)
  for (const entry of full) {
    if (entry.kind === 'directory') utimesSync(join(to, entry.path), PACKAGE_TIME, PACKAGE_TIME)
  }
  utimesSync(to, PACKAGE_TIME, PACKAGE_TIME)
  return ok(undefined)
}

/** Without folders that hold no file: they are no part of the key, and git knows nothing of them. */
function filled(entries: readonly Entry[]): readonly Entry[] {
  const parents = new Set<string>()
  for (const { kind, path } of entries) {
    if (kind === 'directory') continue
    for (const folder of foldersOf(path)) parents.add(folder)
  }
  return entries.filter(({ kind, path }) => kind !== 'directory' || parents.has(path))
}

function copyEntry(entry: Entry, from: string, to: string): void {
  const full = join(to, entry.path)
  switch (entry.kind) {
    case 'directory':
      makeFolder(full)
      return
    case 'symlink':
      symlinkSync(entry.target, full)
      lutimesSync(full, PACKAGE_TIME, PACKAGE_TIME)
      return
    case 'file':
    case 'link':
      copyFileSync(join(from, entry.path), full)
      chmodSync(full, entry.mode)
      utimesSync(full, PACKAGE_TIME, PACKAGE_TIME)
  }
}
