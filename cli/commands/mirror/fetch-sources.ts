import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runDoor, runGenerator } from '../../door.ts'

/** Sees to it that the store has the sources of these packages. Answers the exit status of what says why not. */
export async function fetchSources(root: string, packages: readonly string[]): Promise<number> {
  const generated = await runGenerator(root, packages)
  if (generated !== 0) return generated
  const lists = packages.map(name => join(root, 'pkg', name, '.fetch')).filter(existsSync)
  return runDoor(root, 'do-fetch', lists, 'to stderr')
}
