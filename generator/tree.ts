import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import type { Sha256 } from '../core/digest.ts'
import { fileDigest } from '../core/file-digest.ts'
import { isPackageName } from '../core/name.ts'
import { byCodeUnit } from '../core/order.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Problem } from './problem.ts'

/** A file that went into the emitted text of a package. */
export interface Input {
  /** Path from the root of the tree, with `/`. */
  readonly path: string
  readonly sha256: Sha256
}

/** A file below `pkg/NAME/files/`. */
export interface PackageFile {
  /** Path below `files/`. */
  readonly path: string
  readonly mode: '644' | '755'
  readonly sha256: Sha256
}

/**
 * Says in few bytes whether a file may have changed since it was looked at. With the time of change: a copy that keeps
 * times, over a file of the same size, shows by nothing else.
 */
const stampOf = (stat: Stats): string =>
  `${stat.mtimeMs} ${stat.ctimeMs} ${stat.size} ${stat.ino} ${stat.mode}`

export function stampAt(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat && stampOf(stat)
}

/**
 * Whether what was read in a run that began then (milliseconds) may have been written after that with no other stamp: in
 * the run, or in the same tick of its file system's clock, which is up to 10 ms, and where it counts whole seconds one or two.
 */
export function isFresh(stamp: string, begun: number): boolean {
  const changed = Number(stamp.split(' ')[1])
  return changed >= begun - (changed % 1000 === 0 ? 2000 : 10)
}

/** The names of the folders of `pkg/` that hold a manifest, in order. */
export function findPackages(root: string): {
  readonly names: readonly string[]
  /** Folders that hold one and are no packages, for each of which there is a problem. */
  readonly others: readonly string[]
  /** The manifests as they are now, by path. */
  readonly stamps: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
} {
  const names: string[] = []
  const others: string[] = []
  const stamps = new Map<string, string>()
  const problems: Problem[] = []
  for (const entry of readdirSync(join(root, 'pkg'), { withFileTypes: true })) {
    if (!(entry.isDirectory() || entry.isSymbolicLink()) || entry.name.startsWith('.')) continue
    const found = findManifest(root, entry.name, entry.isSymbolicLink())
    if (!found) continue
    if (found.ok && isPackageName(entry.name)) {
      names.push(entry.name)
      stamps.set(manifestPath(entry.name), stampOf(found.value))
      continue
    }
    others.push(entry.name)
    if (!found.ok) problems.push(found.error)
    else
      problems.push({
        kind: 'folder-name',
        folder: entry.name,
        why: 'its name is not one that a package may have',
      })
  }
  return { names: names.sort(byCodeUnit), others, stamps, problems }
}

/**
 * The manifest in a folder of `pkg/`; undefined where there is none. A symlink in its place or in that of
 * the folder is a problem: what it leads to may be edited without a change of anything in the tree.
 */
export function findManifest(
  root: string,
  name: string,
  isLink = lookAt(join(root, 'pkg', name))?.isSymbolicLink(),
): Result<Stats, Problem> | undefined {
  const path = manifestPath(name)
  const stat = lookAt(join(root, path))
  if (!stat) return undefined
  if (isLink)
    return refuse({ kind: 'file', path: `pkg/${name}`, why: 'it is a symlink, and a package is a folder' })
  return stat.isFile() ? ok(stat) : refuse({ kind: 'file', path, why: 'it is not a plain file' })
}

/** Undefined where there is nothing, in a folder that is none too. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/** Path of the manifest of a package, from the root of the tree. */
export const manifestPath = (name: string): string => `pkg/${name}/package.ts`

/**
 * All that stands below `pkg/NAME/files/`, in order. A link or a device there, or in its place, is a problem; so is a
 * name that is no UTF-8, which node tells with U+FFFD in it.
 */
export function readFiles(
  root: string,
  name: string,
): { readonly files: readonly PackageFile[]; readonly problems: readonly Problem[] } {
  const files: PackageFile[] = []
  const problems: Problem[] = []
  const top = `pkg/${name}/files`
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(root, top, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.isDirectory()) walk(path)
      else if (!entry.isFile() || /[\n\r\0\\\uFFFD]/.test(entry.name)) {
        problems.push({
          kind: 'file',
          path: `${top}/${path}`,
          why: 'files/ holds plain files with plain names alone',
        })
      } else {
        const mode = (lstatSync(join(root, top, path)).mode & 0o111) === 0 ? '644' : '755'
        files.push({ path, mode, sha256: fileDigest(join(root, top, path)) })
      }
    }
  }
  const stat = lstatSync(join(root, top), { throwIfNoEntry: false })
  if (stat?.isDirectory()) walk('')
  else if (stat) problems.push({ kind: 'file', path: top, why: 'it is not a folder' })
  return { files: files.sort((a, b) => byCodeUnit(a.path, b.path)), problems }
}
