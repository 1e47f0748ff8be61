import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes a folder of the store if it is not there, and the store with it. On a read-only disk node calls the
 * making of several folders at once ENOENT; so one is tried first, which says what is the matter.
 */
export function makeFolder(store: string, name: string): string {
  const folder = join(store, name)
  // Mostly it is there, and an exception takes time.
  if (existsSync(folder)) return folder
  try {
    mkdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') mkdirSync(folder, { recursive: true })
    else if (code !== 'EEXIST') throw error
  }
  return folder
}
