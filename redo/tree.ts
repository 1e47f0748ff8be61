import { accessSync, constants, existsSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { quoted } from '../core/message.ts'

/**
 * The name of a file: relative to the top of the tree when it lies inside, absolute outside.
 * One file has one name, whatever symlinked folders a caller came through.
 */
export type FileName = string

/**
 * Whether a path holds what is no UTF-8: names come to us decoded, with U+FFFD in the place of such bytes, and that
 * would be another file.
 */
export function isMangled(path: string): boolean {
  return path.includes('\ufffd')
}

/** The tree of one run: turns what people and scripts write into names, and back. */
export class Tree {
  readonly top: string
  readonly #realFolders = new Map<string, string>()
  /** By folder as said, for those that symlinks lead to: most trees have none. */
  readonly #linksTo = new Map<string, readonly FileName[]>()

  constructor(top: string) {
    this.top = top
  }

  /**
   * The name of `path` as said in the folder `cwd`. `..` is the folder above on disk, whatever symlinks
   * the path came through; the last part may be a symlink and stays one.
   */
  name(cwd: string, path: string): FileName {
    const full = fullPath(cwd, path)
    const said = folderOf(full)
    const folder = this.#realFolder(said)
    if (said.length >= full.length) return this.#short(folder)
    const last = full.slice(full.lastIndexOf('/') + 1)
    return this.#short(folder === '/' ? `/${last}` : `${folder}/${last}`)
  }

  /**
   * The symlinks of this tree on the way to paths that have had a name before: they may lead elsewhere one day, and
   * to other files of those names.
   */
  linksTo(cwd: string, paths: readonly string[]): readonly FileName[] {
    if (this.#linksTo.size === 0) return []
    return paths.flatMap(path => this.#linksTo.get(folderOf(fullPath(cwd, path))) ?? [])
  }

  absolute(name: FileName): string {
    return isAbsolute(name) ? name : join(this.top, name)
  }

  /** The name as seen from a folder, for people. */
  seenFrom(cwd: string, name: FileName): string {
    return relative(cwd, this.absolute(name)) || '.'
  }

  #short(full: string): FileName {
    if (full === this.top) return '.'
    const inside = this.top === '/' ? '/' : `${this.top}/`
    return full.startsWith(inside) ? full.slice(inside.length) : full
  }

  /** Folders that do not exist yet keep the name said, under the nearest one that does. */
  #realFolder(path: string): string {
    const known = this.#realFolders.get(path)
    if (known !== undefined) return known
    try {
      const real = realpathSync.native(path)
      this.#realFolders.set(path, real)
      if (real !== path) {
        const links = linksOn(path).flatMap(link =>
          link.startsWith(`${this.top}/`) ? [this.#short(link)] : [],
        )
        if (links.length > 0) this.#linksTo.set(path, links)
      }
      return real
    } catch {
      const parent = dirname(path)
      return parent === path ? path : join(this.#realFolder(parent), basename(path))
    }
  }
}

function fullPath(cwd: string, path: string): string {
  return (isAbsolute(path) ? path : `${cwd}/${path}`).replace(/\/+$/, '')
}

/** The folder that a file is in, as said; of what is a folder by its name, itself. */
function folderOf(full: string): string {
  const slash = full.lastIndexOf('/')
  const last = full.slice(slash + 1)
  return (last === '' || last === '.' || last === '..' ? full : full.slice(0, slash)) || '/'
}

/** The symlinks on the way to a folder that is there, with those on the way to where these lead. */
function linksOn(path: string): readonly string[] {
  const links: string[] = []
  const parts = path.split('/')
  let at = ''
  // They lead somewhere, or did a moment ago.
  for (let part = parts.shift(); part !== undefined && links.length < mostLinks; part = parts.shift()) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      at = dirname(at || '/').replace(/\/$/, '')
      continue
    }
    const next = `${at}/${part}`
    const end = targetOf(next)
    if (end === undefined) {
      at = next
      continue
    }
    links.push(next)
    parts.unshift(...end.split('/'))
    if (isAbsolute(end)) at = ''
  }
  return links
}

/** As many as the kernel follows. */
const mostLinks = 40

function targetOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/**
 * The top of the tree that `cwd` lies in: the nearest folder upward with a `.redo` or a `.git`, else the one that `cwd`
 * and the targets lie in.
 */
export function findTop(cwd: string, targets: readonly string[] = []): string {
  const start = realpathSync(cwd)
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, '.redo')) || existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) break
  }
  const common = targets
    .map(target => dirname(resolve(start, target)))
    .reduce((one, other) => commonFolder(one, realFolder(other)), start)
  return mayBeTop(common, start) ? common : start
}

/** Not a folder that many share, such as / or /tmp or the home of a user: all that lies there would have its books there. */
function mayBeTop(folder: string, start: string): boolean {
  if (folder === start) return true
  if (folder === '/' || folder === homedir()) return false
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    const { uid, mode } = statSync(folder)
    return uid === statSync(start).uid && (mode & STICKY) === 0
  } catch {
    return false
  }
}

const STICKY = 0o1000

/** Where a folder is, as far as it is there. */
function realFolder(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(realFolder(parent), basename(path))
  }
}

function commonFolder(one: string, other: string): string {
  let at = one
  while (at !== '/' && other !== at && !other.startsWith(`${at}/`)) at = dirname(at)
  return at
}

/** What is told where a target lies in a tree within, with books of its own: in two books it would be a source to either. */
export function refusalIn({ top }: Tree, targets: readonly FileName[]): string | undefined {
  const other = targets.map(target => topBetween(top, target)).find(found => found !== undefined)
  if (other === undefined) return undefined
  const lines = [
    `redo: cannot build in ${quoted(top)}: a target lies in a tree of its own`,
    `  top ${quoted(other)}`,
    `  build it there, or remove ${quoted(join(other, '.redo'))}`,
  ]
  return `${lines.join('\n')}\n`
}

function topBetween(top: string, target: FileName): string | undefined {
  if (isAbsolute(target)) return undefined
  for (let at = dirname(join(top, target)); at !== top && at.startsWith(`${top}/`); at = dirname(at))
    if (existsSync(join(at, '.redo'))) return at
  return undefined
}
