import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { findPackages } from '../generator/tree.ts'

/** The commands whose words are packages. */
const OF_PACKAGES = [
  'build',
  'show',
  'closure',
  'rdeps',
  'key',
  'explain',
  'fetch',
  'files',
  'challenge',
  'install',
  'remove',
]

/**
 * The packages that may stand where `current` is, given the words before it; undefined where no
 * package can. Reads the names of the folders of pkg/ alone.
 */
export function completePackage(
  root: string,
  words: readonly string[],
  current: string,
): readonly string[] | undefined {
  const [name = '', ...rest] = words
  if (current.startsWith('-')) return undefined
  const asked =
    OF_PACKAGES.includes(name) ||
    (name === 'shell' && rest.length <= 1) ||
    (name === 'export' && rest.length >= 1)
  if (!asked || (current === name && rest.length === 0)) return undefined
  const folder = resolve(root)
  if (!existsSync(`${folder}/pkg`)) return undefined
  const prefix = /^(?:\.\/)?pkg\//.exec(current)?.[0] ?? ''
  return findPackages(folder).names.map(one => prefix + one)
}
