import { lstatSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolders } from '../../core/folders.ts'

/** What the store holds, by the folder that it lies in. */
export const KINDS = ['distfiles', 'packages', 'trees', 'skeletons', 'contents'] as const
export type Kind = (typeof KINDS)[number]

/**
 * Remembers that an entry was used just now. It is the time of an empty file, `used/KIND.NAME`: the entry's
 * own times may be those that a build sees, or by which redo knows a package. A store that cannot be written
 * to forgets it.
 */
export function markUsed(store: string, kind: Kind, name: string): void {
  const path = markPath(store, kind, name)
  try {
    const now = Date.now() / 1000
    utimesSync(path, now, now)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') makeMark(store, path)
  }
}

function makeMark(store: string, path: string): void {
  try {
    makeFolders(join(store, 'used'))
    writeFileSync(path, '')
  } catch {
    // Of no other use than this one.
  }
}

/** When an entry was used last, in milliseconds; one without a mark counts as used when it came. */
export const lastUsed = (store: string, kind: Kind, name: string, came: number): number =>
  Math.max(came, lstatSync(markPath(store, kind, name), { throwIfNoEntry: false })?.mtimeMs ?? 0)

/** Of an entry that is gone. */
export const forgetUse = (store: string, kind: Kind, name: string): void =>
  rmSync(markPath(store, kind, name), { force: true })

const markPath = (store: string, kind: Kind, name: string): string => join(store, 'used', `${kind}.${name}`)
