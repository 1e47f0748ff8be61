import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'

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

  constructor(top: string) {
    this.top = top
  }

  /**
   * The name of `path` as said in the folder `cwd`. `..` is the folder above on disk, whatever symlinks
   * the path came through; the last part may be a symlink and stays one.
   */
  name(cwd: string, path: string): FileName {
    const full = (isAbsolute(path) ? path : `${cwd}/${path}`).replace(/\/+$/, '')
    const slash = full.lastIndexOf('/')
    const last = full.slice(slash + 1)
    if (last === '' || last === '.' || last === '..') return this.#short(this.#realFolder(full || '/'))
    const folder = this.#realFolder(full.slice(0, slash) || '/')
    return this.#short(folder === '/' ? `/${last}` : `${folder}/${last}`)
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
      return real
    } catch {
      const parent = dirname(path)
      return parent === path ? path : join(this.#realFolder(parent), basename(path))
    }
  }
}

/**
 * The top of the tree that `cwd` lies in: the nearest folder upward with a `.redo`, but never above
 * a git checkout; else the top of the checkout; else `cwd` itself.
 */
export function findTop(cwd: string): string {
  const start = realpathSync(cwd)
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, '.redo')) || existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return start
  }
}
