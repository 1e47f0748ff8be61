import { dirname } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { unpackedTree } from '../build/trees.ts'
import { holdTree } from '../store/roots.ts'
import type { Layer } from './layer.ts'
import type { Member } from './member.ts'

/**
 * Holds the venv's packages in their stores. A gc may have come between the look at a tree and this, so
 * one that is gone is unpacked again. Answers the stores that may not be written to.
 */
export async function hold(
  owner: string,
  store: string,
  layers: readonly Layer[],
  members: readonly Member[],
): Promise<readonly string[]> {
  const stores = new Map<string, Sha256[]>()
  for (const layer of layers) {
    if (layer.kind !== 'package') continue
    const of = dirname(dirname(layer.path))
    stores.set(of, [...(stores.get(of) ?? []), layer.tar])
  }
  const notHeld: string[] = []
  for (const [of, tars] of stores) {
    try {
      holdTree(of, owner, tars)
    } catch (error) {
      if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      notHeld.push(of)
    }
  }
  for (const { file } of members) await unpackedTree(store, file)
  return notHeld
}
