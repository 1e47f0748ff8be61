import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { homeFolder } from '../core/config.ts'
import { quoted } from '../core/message.ts'
import { targetIfReadable } from '../core/readable.ts'

/**
 * The name of a file: relative to the top of the tree when it lies inside, absolute outside.
 * One file has one name, whatever symlinked folders a caller came through.
 */
export type FileName = string

/** The tree of one run: turns what people and scripts write into names, and back. */
export class Tree {
  readonly top: string
  readonly #realFolders = new Map<string, string>()
  /** By folder as said, for those that symlinks lead to: most trees have none. */
  readonly #linksTo = new Map<string, readonly FileName[]>()
  /** By folder. */
  readonly #othersWith = new Map<string, string | undefined>()

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

  /** Symlinks may lead elsewhere by now: a run has come, or one was built. */
  forget(): void {
    this.#realFolders.clear()
    this.#linksTo.clear()
    this.#othersWith.clear()
  }

  /**
   * The top of another tree, with books of its own, that holds the folder of a file; one that holds this tree, too, is
   * none of them.
   */
  other(name: FileName): string | undefined {
    const folder = dirname(name)
    if (!this.#othersWith.has(folder)) this.#othersWith.set(folder, otherTop(this.top, this.absolute(folder)))
    return this.#othersWith.get(folder)
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
    const end = targetIfReadable(next)
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

/**
 * The top of the tree that `cwd` lies in: the nearest folder upward with a `.redo` or a `.git`. Where there is none, the
 * tree that all targets lie in, or the folder that they and `cwd` lie in.
 */
export function findTop(cwd: string, targets: readonly string[] = []): string {
  const start = realpathSync(cwd)
  const known = nearestTop(start)
  if (known !== undefined) return known
  const folders = targets.map(target => realFolder(dirname(resolve(start, target))))
  const [first = start, ...others] = folders
  const ofTargets = others.reduce(commonFolder, first)
  const common = commonFolder(start, ofTargets)
  return nearestTop(ofTargets) ?? (mayBeTop(common, start) ? common : start)
}

function nearestTop(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.redo')) || existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return undefined
  }
}

/**
 * Not a folder above that many share, such as / or /tmp or the home of a user, all of what lies there would have its
 * books there; and not one of somebody else's.
 */
function mayBeTop(folder: string, start: string): boolean {
  if (folder === start) return true
  if (folder === '/' || folder === homeFolder(process.env)) return false
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
  while (!isWithin(other, at)) at = dirname(at)
  return at
}

/** What is told where a target lies in another tree, with books of its own: in two books it would be a source to either. */
export function refusalIn(tree: Tree, targets: readonly FileName[]): string | undefined {
  const other = targets.map(target => tree.other(target)).find(found => found !== undefined)
  if (other === undefined) return undefined
  return `redo: cannot build in ${quoted(tree.top)}: a target lies in a tree of its own\n  top ${quoted(other)}\n  build it there, or remove ${quoted(join(other, '.redo'))}\n`
}

function otherTop(top: string, folder: string): string | undefined {
  for (let at = folder; !isWithin(top, at); at = dirname(at)) if (existsSync(join(at, '.redo'))) return at
  return undefined
}

/** Whether a folder is another, or lies somewhere in it. */
function isWithin(folder: string, other: string): boolean {
  return other === '/' || folder === other || folder.startsWith(`${other}/`)
}
