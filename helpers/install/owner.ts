import { normalize } from 'node:path'
import type { Installed, Owned } from './record.ts'

export interface Owner {
  readonly package: Installed
  readonly entry: Owned
}

/** The packages that have a path: one, or for a folder several. The path is meant from the root, `/bin/sh` or `bin/sh`. */
export function ownersOf(packages: readonly Installed[], path: string): readonly Owner[] {
  const plain = normalize(`/${path}`).replace(/^\/+|\/+$/g, '')
  return packages.flatMap(one =>
    one.entries
      .filter(entry => entry.path === plain || (entry.kind !== 'folder' && entry.beside === plain))
      .map(entry => ({ package: one, entry })),
  )
}
