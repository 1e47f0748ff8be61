import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a folder and those above it that are missing, and answers with it. Node's own way, `recursive`, tries for ever
 * below /proc, where a folder cannot be made although the one above it is there; and of a read-only file system it says
 * that there is no such folder.
 */
export function makeFolders(folder: string, mode = 0o777): string {
  const missing: string[] = []
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.push(at)
  for (const one of missing.reverse()) makeOne(one, mode)
  // A file has the name: the kernel says it in its own words.
  if (!statSync(folder).isDirectory()) readdirSync(folder)
  return folder
}

/** Makes one folder, of this mode whatever the umask. What is there already is an error. */
export function makeFolder(folder: string, mode = 0o755): void {
  mkdirSync(folder, mode)
  chmodSync(folder, mode)
}

/** Somebody else may make it at the same time. */
function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, mode)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
