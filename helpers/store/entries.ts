import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { isSha256 } from '../../core/digest.ts'
import { byCodeUnit } from '../../core/order.ts'
import { partialFolder } from '../../core/store.ts'
import { KINDS, type Kind, lastUsed } from './mark.ts'

/** One thing that the store holds, and that can go as a whole. */
export interface StoreEntry {
  readonly kind: Kind
  /** The digest that names it; of a source that came in part only, `.partial/` and that. */
  readonly name: string
  /** Its files and folders, in the order in which they may go. */
  readonly paths: readonly string[]
  /** What it takes on the disk, by inode: a file of two names is there once. */
  readonly blocks: ReadonlyMap<string, number>
  /** When it was used last, in milliseconds. */
  readonly used: number
}

/** All that the store holds, and the paths of what it has no name for, which nobody here touches. */
export function storeEntries(store: string): {
  readonly entries: readonly StoreEntry[]
  readonly unknown: readonly string[]
} {
  const entries: StoreEntry[] = []
  const unknown: string[] = []
  for (const kind of KINDS) {
    const folder = join(store, kind)
    const files = new Map<string, string[]>()
    for (const file of namesIn(folder)) {
      const name = kind === 'packages' ? (file.split('.')[0] ?? '') : file
      if (file.startsWith('.')) continue
      if (isSha256(name)) files.set(name, [...(files.get(name) ?? []), join(folder, file)])
      else unknown.push(join(folder, file))
    }
    for (const [name, paths] of files) {
      const entry = entryOf(store, kind, name, paths.sort(packageFirst))
      if (entry) entries.push(entry)
    }
  }
  return { entries: [...entries, ...partials(store)], unknown: unknown.sort(byCodeUnit) }
}

/** The bytes of some entries together on the disk. */
export function bytesOf(entries: readonly StoreEntry[]): number {
  const blocks = new Map(entries.flatMap(entry => [...entry.blocks]))
  return [...blocks.values()].reduce((sum, bytes) => sum + bytes, 0)
}

/** Whoever finds a package finds its key, so the package goes first. */
const packageFirst = (a: string, b: string): number =>
  Number(b.endsWith('.tar.gz')) - Number(a.endsWith('.tar.gz')) || byCodeUnit(a, b)

function entryOf(store: string, kind: Kind, name: string, paths: readonly string[]): StoreEntry | undefined {
  const blocks = new Map<string, number>()
  let came = 0
  for (const path of paths) {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (!stats) continue // it went away meanwhile
    came = Math.max(came, stats.ctimeMs)
    measure(path, stats, blocks)
  }
  if (blocks.size === 0) return undefined
  return { kind, name, paths, blocks, used: lastUsed(store, kind, name, came) }
}

function measure(path: string, stats: Stats, blocks: Map<string, number>): void {
  blocks.set(`${stats.dev}:${stats.ino}`, room(stats))
  if (!stats.isDirectory()) return
  for (const name of namesIn(path)) {
    const below = lstatSync(join(path, name), { throwIfNoEntry: false })
    if (below) measure(join(path, name), below, blocks)
  }
}

/** Some file systems keep little ones where they keep names, and count nothing. */
const room = (stats: Stats): number => Math.max(stats.blocks, 1) * 512

function partials(store: string): readonly StoreEntry[] {
  const folder = partialFolder(store)
  return namesIn(folder).flatMap(file => {
    const path = join(folder, file)
    const stats = lstatSync(path, { throwIfNoEntry: false })
    const name = file.replace(/^\./, '')
    if (!stats || !isSha256(name.slice(0, 64))) return []
    const blocks = new Map([[`${stats.dev}:${stats.ino}`, room(stats)]])
    return [
      { kind: 'distfiles', name: `.partial/${name}`, paths: [path], blocks, used: stats.mtimeMs } as const,
    ]
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
