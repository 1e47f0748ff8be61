import { readFileSync } from 'node:fs'

/** The text of a file; undefined where there is none. It is read without a look before, as it may go away at any time. */
export function textIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
