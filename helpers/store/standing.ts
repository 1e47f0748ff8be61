import { lstatSync } from 'node:fs'
import { basename } from 'node:path'
import { isSystemError } from '../../core/system-error.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'

/**
 * Whether the store has this tree or skeleton at `path`. Its folder has the time that all in it has. With another one it was
 * copied by something that keeps no times, and by default leaves links and modes behind as well: that is put below
 * `damaged/`, to be made again, but for a store that cannot be written to, whose owner has to see to it.
 */
export async function isStanding(store: string, kind: 'trees' | 'skeletons', path: string): Promise<boolean> {
  const state = stateOf(path)
  if (state !== 'copied') return state === 'whole'
  // Loaded here, as almost every store was never copied.
  const { setAside } = await import('./verify.ts')
  try {
    await setAside(store, { kind, name: basename(path), paths: [path] }, () => stateOf(path) === 'copied')
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
  return stateOf(path) !== 'missing'
}

function stateOf(path: string): 'missing' | 'whole' | 'copied' {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return 'missing'
  return stats.mtimeMs === PACKAGE_TIME * 1000 ? 'whole' : 'copied'
}
