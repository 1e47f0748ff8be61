import { dirname } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { isForbidden } from '../../core/system-error.ts'
import { holdTree } from '../store/roots.ts'
import type { Layer } from './layer.ts'

/** Holds the venv's packages in their stores. Answers the stores that may not be written to. */
export function hold(owner: string, layers: readonly Layer[]): readonly string[] {
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
      if (!isForbidden(error)) throw error
      notHeld.push(of)
    }
  }
  return notHeld
}
