import { lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FAILED_FOLDER, LAST_PACKAGE_FILE, PACKAGE_FILE } from '../core/name.ts'
import { textIfReadable } from '../core/readable.ts'
import { removeTree } from '../core/remove.ts'
import { writeWhole } from '../core/whole-file.ts'
import { API_TARGET, type Emitted, emittedNames, formerFiles, targets } from './emit.ts'
import { findManifest } from './tree.ts'

/**
 * Writes those files of one folder whose text differs from what is there, and answers their paths: redo
 * builds again whatever depends on a file that was written.
 */
export function writeChanged(root: string, folder: string, emitted: readonly Emitted[]): readonly string[] {
  // To ask for a file that is not there costs more than to write it.
  const present = new Set(readdirSync(join(root, folder)))
  const changed: string[] = []
  for (const { path, text } of emitted) {
    const target = join(root, path)
    if (present.has(basename(path)) && textIfReadable(target) === text) continue
    // No moment may show half a rule, which a shell would run.
    writeWhole(target, text)
    changed.push(path)
  }
  for (const file of formerFiles) if (present.has(file)) rmSync(join(root, folder, file), { force: true })
  return changed
}

/**
 * What lies in folders of `pkg/` that once were packages: nothing but emitted and built files is left in them, or
 * their manifest is gone.
 */
export function findOrphans(
  root: string,
  packages: ReadonlySet<string>,
  mine: readonly string[],
): readonly string[] {
  return readdirSync(join(root, 'pkg'), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && !packages.has(entry.name) && !findManifest(root, entry.name))
    .flatMap(({ name }) =>
      readdirSync(join(root, 'pkg', name))
        .filter(file => mine.includes(file))
        .map(file => `pkg/${name}/${file}`),
    )
}

/**
 * Takes away what redo made of packages whose rules changed, or of what they depend on. To a redo that
 * did not make it itself, such a file is a source that is never out of date; one that is not there is
 * made by every redo, out of the store where its key stayed the same.
 */
export function removeTargets(root: string, packages: Iterable<string>): void {
  for (const name of packages) {
    const folder = join(root, 'pkg', name)
    for (const target of ownFiles(folder).filter(file => targets.includes(file))) {
      // The last package stays, under another name, for whoever asks what has changed since.
      if (target === PACKAGE_FILE)
        unlessGone(() => renameSync(join(folder, target), join(folder, LAST_PACKAGE_FILE)))
      else rmSync(join(folder, target), { force: true })
    }
  }
}

/** What lies in a folder; nothing where that is a symlink, which may lead to the folder of another package. */
const ownFiles = (folder: string): readonly string[] =>
  lstatSync(folder).isDirectory() ? readdirSync(folder) : []

/** The same of the one target that all packages have. */
export const removeApiTarget = (root: string): void => rmSync(join(root, API_TARGET), { force: true })

/** Takes away what was emitted for packages, and answers the paths. */
export const removeRules = (root: string, packages: readonly string[]): readonly string[] =>
  packages.flatMap(name =>
    ownFiles(join(root, 'pkg', name))
      .filter(file => emittedNames.includes(file))
      .map(file => {
        rmSync(join(root, 'pkg', name, file), { force: true })
        return `pkg/${name}/${file}`
      }),
  )

/** Takes away what is no longer emitted, and folders that are empty then. */
export function removeOrphans(root: string, orphans: readonly string[]): void {
  for (const path of orphans)
    if (basename(path) === FAILED_FOLDER) removeTree(join(root, path))
    else rmSync(join(root, path), { force: true })
  for (const folder of new Set(orphans.map(path => join(root, dirname(path)))))
    unlessGone(() => {
      if (readdirSync(folder).length === 0) rmdirSync(folder)
    })
}

/** Another coolports-gen may do the same at the same moment, as where two builds are started at once. */
function unlessGone(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
