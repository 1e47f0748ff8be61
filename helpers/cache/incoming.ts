import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { partOf, sweepParts } from '../../core/part.ts'
import { makeFolder } from '../store/folder.ts'

/** A new name in the store for a package that is on its way. What processes left there that are gone is swept. */
export function incomingPath(store: string, hash: Sha256): string {
  const folder = makeFolder(store, 'incoming')
  sweepParts(folder)
  return partOf(join(folder, hash))
}
