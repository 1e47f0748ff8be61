import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { join } from 'node:path'

/**
 * A folder with generations holds whole roots, `generations/1`, `generations/2`, …, none of which is changed after
 * it was made, and `current`, a symlink to the one that counts. It is switched by one rename.
 */
export const ROOTS = 'generations'
export const CURRENT = 'current'

export const hasGenerations = (folder: string): boolean =>
  statsOf(join(folder, ROOTS))?.isDirectory() === true &&
  (statsOf(join(folder, CURRENT))?.isSymbolicLink() ?? true)

/** Nothing, too, where the folder is a file, or may not be entered: that is told by whoever goes on. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    if (['ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** The root that is meant by a folder: itself, or its current generation. */
export const rootIn = (folder: string): string =>
  hasGenerations(folder) && existsSync(join(folder, CURRENT)) ? join(folder, CURRENT) : folder

/** The numbers of all generations, in order, and that of the current one, by whatever path `current` leads to it. */
export function generationsOf(folder: string): {
  readonly all: readonly number[]
  readonly current?: number
} {
  const all = readdirSync(join(folder, ROOTS))
    .filter(name => /^[1-9]\d{0,8}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
  const link = join(folder, CURRENT)
  const target = existsSync(link) ? realpathSync(link) : undefined
  const current = all.find(number => target === realpathSync(join(folder, ROOTS, String(number))))
  return { all, ...(current === undefined ? {} : { current }) }
}

/** Which of these names is somebody else's in a folder that is to have generations. */
export function takenName(folder: string): string | undefined {
  const roots = statsOf(join(folder, ROOTS))
  if (roots !== undefined && !roots.isDirectory()) return ROOTS
  const link = join(folder, CURRENT)
  const stats = statsOf(link)
  if (stats === undefined) return undefined
  if (!stats.isSymbolicLink()) return CURRENT
  // Where all generations were removed, it leads to none of them.
  const isOurs = /^generations\/\d+$/.test(readlinkSync(link))
  const isFirst = roots === undefined || generationsOf(folder).all.length === 0
  return isFirst && !isOurs ? CURRENT : undefined
}
