import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { type Sha256, sha256 } from '../core/digest.ts'
import { isPackageName } from '../core/name.ts'
import { byCodeUnit } from '../core/order.ts'
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

/** Says in few bytes whether a file may have changed since it was looked at. */
const stampOf = (stat: Stats): string => `${stat.mtimeMs} ${stat.size} ${stat.ino} ${stat.mode}`

export function stampAt(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat && stampOf(stat)
}

/** The names of the folders of `pkg/` that hold a manifest, in order. */
export function findPackages(root: string): {
  readonly names: readonly string[]
  /** The manifests as they are now, by path. */
  readonly stamps: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
} {
  const names: string[] = []
  const stamps = new Map<string, string>()
  const problems: Problem[] = []
  for (const entry of readdirSync(join(root, 'pkg'), { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue
    const path = manifestPath(entry.name)
    const stat = lstatSync(join(root, path), { throwIfNoEntry: false })
    if (!stat?.isFile()) continue
    if (isPackageName(entry.name)) {
      names.push(entry.name)
      stamps.set(path, stampOf(stat))
    } else
      problems.push({
        kind: 'folder-name',
        folder: entry.name,
        why: 'its name is not one that a package may have',
      })
  }
  return { names: names.sort(byCodeUnit), stamps, problems }
}

/** Path of the manifest of a package, from the root of the tree. */
export const manifestPath = (name: string): string => `pkg/${name}/package.ts`

/** All that stands below `pkg/NAME/files/`, in order. A link or a device there is a problem. */
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
      else if (!entry.isFile() || /[\n\r\0\\]/.test(entry.name)) {
        problems.push({
          kind: 'file',
          path: `${top}/${path}`,
          why: 'files/ holds plain files with plain names alone',
        })
      } else {
        const mode = (lstatSync(join(root, top, path)).mode & 0o111) === 0 ? '644' : '755'
        files.push({ path, mode, sha256: sha256(readFileSync(join(root, top, path))) })
      }
    }
  }
  if (lstatSync(join(root, top), { throwIfNoEntry: false })?.isDirectory()) walk('')
  return { files: files.sort((a, b) => byCodeUnit(a.path, b.path)), problems }
}
