import { dirname, resolve } from 'node:path'
import { keyIn } from '../../core/key-file.ts'
import { packagePath } from '../../core/store.ts'
import { readBuilt, readUnkeyed } from '../store/built.ts'
import { identityAt } from '../tar/identity.ts'
import type { Member } from './closure.ts'

/**
 * The files of a closure that are not what their pkghashes, which lie beside them, stand for: another package is known
 * of those, as where somebody put one in its place, or they were built with such. A pkghash of which the store knows
 * nothing any more tells nothing.
 */
export function strangersAmong(store: string, members: readonly Member[]): readonly string[] {
  const isStranger = ({ file, digest }: Member): boolean => {
    const hash = keyIn(dirname(file))?.hash
    if (hash === undefined) return false
    const built = readBuilt(store, hash)
    if (built === digest) return false
    if (readUnkeyed(store, hash) === digest) return true
    const kept = identityAt(packagePath(store, hash))
    return kept !== digest && (built ?? kept) !== undefined
  }
  return members.filter(isStranger).map(({ file }) => resolve(file))
}
