import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { partOf, sweepParts } from '../../core/part.ts'

/** A new name in the store for a package that is on its way. What processes left there that are gone is swept. */
export function incomingPath(store: string, hash: Sha256): string {
  const folder = makeFolders(join(store, 'incoming'))
  sweepParts(folder)
  return partOf(join(folder, hash))
}
