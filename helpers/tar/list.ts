import { lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { badText, symlinkProblem } from '../../core/entry-path.ts'
import { quoted } from '../../core/message.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Entry, packageMode, SET_ID, SET_UID_MODE, unmarkedMode } from './entry.ts'
import type { TarProblem } from './problem.ts'

export interface ListOptions {
  /**
   * The files that are set-uid: those of a list, whatever their bits, or those that are `marked` so in an
   * unpacked tree. Without it there are none; no file is ever set-gid.
   */
  readonly setuid?: readonly string[] | 'marked'
  /** Told of each file whose set-uid or set-gid bit is not packed, as no list has it. */
  readonly cleared?: (path: string) => void
}

/**
 * Everything below `root`, sorted by the code units of its path, so that a folder precedes what it
 * holds and the order in which the disk lists names does not show. Of several hard links the first
 * is the file and the others are links to it. Every entry that cannot be packed is reported, and every
 * path of `setuid` that is no program.
 */
export function listTree(
  root: string,
  { setuid = [], cleared }: ListOptions = {},
): Result<readonly Entry[], readonly TarProblem[]> {
  const found = new Map<string, Stats>()
  const problems: TarProblem[] = []
  walk(root, '', (path, stats) => {
    const why = badText(path) ?? badKind(stats)
    if (why) problems.push({ kind: 'entry', name: path, why })
    else found.set(path, stats)
  })

  if (setuid !== 'marked') problems.push(...setuidProblems(found, setuid))
  const modeOf = (path: string, { mode }: Stats): number => {
    if (setuid === 'marked') return unmarkedMode(mode)
    if (setuid.includes(path)) return SET_UID_MODE
    if (mode & SET_ID) cleared?.(path)
    return packageMode(mode)
  }
  const firstNames = new Map<string, string>()
  const entries: Entry[] = []
  for (const path of [...found.keys()].sort(byCodeUnit)) {
    const stats = found.get(path) as Stats
    const inode = `${stats.dev}:${stats.ino}`
    if (stats.isDirectory()) entries.push({ kind: 'directory', path })
    else if (stats.isSymbolicLink()) {
      const target = readlinkSync(join(root, path))
      const why = symlinkProblem(path, target)
      if (why) problems.push({ kind: 'entry', name: path, why })
      entries.push({ kind: 'symlink', path, target })
    } else {
      const mode = modeOf(path, stats)
      const first = stats.nlink > 1 ? firstNames.get(inode) : undefined
      if (first === undefined) {
        entries.push({ kind: 'file', path, mode, size: stats.size })
        firstNames.set(inode, path)
      } else entries.push({ kind: 'link', path, mode, target: first })
    }
  }
  return problems.length > 0 ? refuse(problems) : ok(entries)
}

/** A file has one mode under all of its names, so all of them or none are listed. */
function setuidProblems(found: ReadonlyMap<string, Stats>, setuid: readonly string[]): readonly TarProblem[] {
  const listed = setuid.map(path => found.get(path))
  const faults = setuid.map((path, index): TarProblem | undefined => {
    const stats = listed[index]
    const why = stats ? programFault(stats) : 'it does not exist'
    return why === undefined ? undefined : { kind: 'setuid', path, why }
  })
  const others = [...found].flatMap(([path, { dev, ino }]): TarProblem[] => {
    const at = setuid.includes(path) ? -1 : listed.findIndex(one => one?.ino === ino && one.dev === dev)
    const why = `${quoted(path)} is the same file, and is not listed`
    return at === -1 ? [] : [{ kind: 'setuid', path: setuid[at] ?? '', why }]
  })
  return [...faults.flatMap(fault => fault ?? []), ...others]
}

function programFault(stats: Stats): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a symlink; the file that it leads to has a name of its own'
  if (!stats.isFile()) return 'it is no file'
  return stats.mode & 0o111 ? undefined : 'it is not executable'
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
