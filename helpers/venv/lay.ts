import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { type Merged, mergeLayers, type Owner } from '../sandbox/merge.ts'
import type { Layer } from './layer.ts'

/** Several packages have something else at one path, and nobody said which is meant. */
export interface Conflict {
  readonly path: string
  /** The names of the packages, in the order of the layers. */
  readonly owners: readonly string[]
}

export interface LayOptions {
  /** Of two files of one path that of the earlier package is meant. */
  readonly order: boolean
  /** Packages that win over all others; their layers come first. */
  readonly prefer: readonly string[]
  /** Paths of which the person chose the package; the layer of these copies comes before all. */
  readonly chosen: readonly string[]
}

/**
 * Lays layers over one another as a sandbox does. Within a level different files of one path are a conflict, unless the
 * person chose; equal ones are none.
 */
export function lay(
  layers: readonly Layer[],
  options: LayOptions,
): { readonly entries: readonly Merged[]; readonly conflicts: readonly Conflict[] } {
  const conflicts: Conflict[] = []
  const meet = (path: string, owners: readonly Owner[]): void => {
    const conflict = conflictOf(layers, owners, path, options)
    if (conflict) conflicts.push(conflict)
  }
  const folders = layers.map(({ path }) => path)
  return { entries: mergeLayers(folders, { isOpened, meet }) ?? [], conflicts }
}

/**
 * These are listed even where one layer alone has them: an absolute symlink in a folder of programs is meant
 * from the root of the venv, and only what is listed can be led there.
 */
const isOpened = (path: string): boolean => /^(?:[^/]+|usr\/[^/]+)$/.test(path)

function conflictOf(
  layers: readonly Layer[],
  all: readonly Owner[],
  path: string,
  { order, prefer, chosen }: LayOptions,
): Conflict | undefined {
  if (chosen.some(one => path === one || path.startsWith(`${one}/`))) return undefined
  const packages = all.flatMap(owner => {
    const layer = layers[owner.layer]
    return layer?.level === 0 && layer.kind === 'package' ? [{ name: layer.name, owner }] : []
  })
  const [first] = packages
  if (!first || packages.every(({ owner }) => isSame(first.owner, owner))) return undefined
  return order || prefer.includes(first.name) ? undefined : { path, owners: packages.map(({ name }) => name) }
}

function isSame(one: Owner, other: Owner): boolean {
  if (one === other) return true
  if (one.type !== other.type) return false
  switch (one.type) {
    case 'folder':
      return true
    case 'symlink':
      return readlinkSync(one.from) === readlinkSync(other.from)
    case 'file': {
      const [here, there] = [lstatSync(one.from), lstatSync(other.from)]
      return (
        here.size === there.size &&
        here.mode === there.mode &&
        readFileSync(one.from).equals(readFileSync(other.from))
      )
    }
  }
}
