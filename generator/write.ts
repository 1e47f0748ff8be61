import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LAST_PACKAGE_FILE, PACKAGE_FILE } from '../core/name.ts'
import { type Emitted, targets } from './emit.ts'

/** The text of a file, or undefined where there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Puts a file in place by a temporary one and a rename, and only when its text differs: redo builds
 * again whatever depends on a file that was written. Answers whether it was written.
 */
export function writeIfChanged(root: string, { path, text }: Emitted): boolean {
  const target = join(root, path)
  if (readText(target) === text) return false
  const temporary = `${target}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, text)
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(temporary, text)
  }
  renameSync(temporary, target)
  return true
}

/**
 * Folders of `pkg/` that once were packages: nothing but emitted and built files is left in them, or
 * their manifest is gone.
 */
export function findOrphans(
  root: string,
  packages: ReadonlySet<string>,
  mine: readonly string[],
): readonly string[] {
  return readdirSync(join(root, 'pkg'), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && !packages.has(entry.name))
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
    // The last package stays, under another name, for whoever asks what has changed since.
    try {
      renameSync(join(folder, PACKAGE_FILE), join(folder, LAST_PACKAGE_FILE))
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error
    }
    for (const target of targets) rmSync(join(folder, target), { force: true })
  }
}

/** Takes away what is no longer emitted, and folders that are empty then. */
export function removeOrphans(root: string, orphans: readonly string[]): void {
  for (const path of orphans) rmSync(join(root, path))
  for (const folder of new Set(orphans.map(dirname))) {
    if (readdirSync(join(root, folder)).length === 0) rmSync(join(root, folder), { recursive: true })
  }
}
