import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Entry, packageMode } from './entry.ts'
import { badText } from './path.ts'
import type { TarProblem } from './problem.ts'

export interface ListOptions {
  /** Keeps setuid and setgid bits, which are dropped otherwise. */
  readonly keepSetId?: boolean
}

/**
 * Everything below `root`, sorted by the code units of its path, so that a folder precedes what it
 * holds and the order in which the disk lists names does not show. Of several hard links the first
 * is the file and the others are links to it. Every entry that cannot be packed is reported.
 */
export function listTree(
  root: string,
  options: ListOptions = {},
): Result<readonly Entry[], readonly TarProblem[]> {
  const found = new Map<string, Stats>()
  const problems: TarProblem[] = []
  walk(root, '', (path, stats) => {
    const why = badText(path) ?? badKind(stats)
    if (why) problems.push({ kind: 'entry', name: path, why })
    else found.set(path, stats)
  })

  const firstNames = new Map<string, string>()
  const entries: Entry[] = []
  for (const path of [...found.keys()].sort(byCodeUnit)) {
    const stats = found.get(path) as Stats
    const inode = `${stats.dev}:${stats.ino}`
    if (stats.isDirectory()) entries.push({ kind: 'directory', path })
    else if (stats.isSymbolicLink()) {
      const target = readlinkSync(join(root, path))
      const why = badText(target)
      if (why) problems.push({ kind: 'entry', name: path, why })
      entries.push({ kind: 'symlink', path, target })
    } else {
      const mode = packageMode(stats.mode, options.keepSetId ?? false)
      const first = stats.nlink > 1 ? firstNames.get(inode) : undefined
      if (first === undefined) {
        entries.push({ kind: 'file', path, mode, size: stats.size })
        firstNames.set(inode, path)
      } else entries.push({ kind: 'link', path, mode, target: first })
    }
  }
  return problems.length > 0 ? refuse(problems) : ok(entries)
}

function walk(root: string, folder: string, visit: (path: string, stats: Stats) => void): void {
  for (const name of readdirSync(join(root, folder))) {
    const path = folder ? `${folder}/${name}` : name
    const full = join(root, path)
    // A name that is not UTF-8 cannot be looked up by its decoded form.
    const stats = lstatSync(full, { throwIfNoEntry: false })
    visit(path, stats ?? lstatSync(root))
    if (stats?.isDirectory()) walk(root, path, visit)
  }
}

function badKind(stats: Stats): string | undefined {
  if (stats.isFile() || stats.isDirectory() || stats.isSymbolicLink()) return undefined
  const kind = stats.isFIFO() ? 'a fifo' : stats.isSocket() ? 'a socket' : 'a device'
  return `it is ${kind}; a package holds files, folders, symlinks and hard links alone`
}
