import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The text of a file that may be lost without harm: undefined where there is none, or none that can be read. */
export function textIfReadable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The names in a folder, in no order; none where it is not there, or cannot be read. */
export function namesIfReadable(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** What a symlink says; undefined where there is none. */
export function targetIfReadable(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
