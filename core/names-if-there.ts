import { readdirSync } from 'node:fs'

/** The names in a folder, in no order; none where there is no folder. */
export function namesIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
