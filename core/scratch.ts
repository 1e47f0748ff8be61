import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { leftParts, partOf } from './part.ts'
import { removeTree } from './remove.ts'
import { isSystemError } from './system-error.ts'

/**
 * Makes a folder for this process alone in the machine's folder for temporary files, and removes those of the same name
 * that processes left there which were interrupted or killed. Throws what the system has against it.
 */
export function makeScratch(name: string, place: string = tmpdir()): string {
  for (const path of leftParts(place, name)) removeOurs(path)
  const made = partOf(join(place, name))
  mkdirSync(made, { mode: 0o700 })
  return made
}

/** Nothing that somebody else put there. What cannot be removed keeps nobody from anything. */
function removeOurs(path: string): void {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats?.isDirectory() && stats.uid === process.getuid?.()) removeTree(path)
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}
