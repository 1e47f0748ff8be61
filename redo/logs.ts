import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Making } from './graph.ts'
import type { FileName } from './tree.ts'

/** The log of a build that begins. */
export interface OpenLog {
  readonly file: number
  /** The file that tells which builds began at which place in it; made when there is one. */
  readonly innerPath: string
}

/**
 * The logs of targets: what their `.do` wrote to stderr in the last build. The log of `a/b` is
 * `.redo/log/a.d/b.log`; as no folder ends in `.log` or `.in`, no two names meet.
 *
 * A log is made before its target, and so it is also the trace that redo built a file, should the
 * state be lost.
 */
export class Logs {
  readonly #folder: string
  readonly #made = new Set<string>()
  readonly #folders = new Map<FileName, string | undefined>()
  /** Whether an earlier run made logs. */
  readonly #isOld: boolean

  constructor(folder: string) {
    this.#folder = folder
    this.#isOld = existsSync(folder)
  }

  path(target: FileName): string {
    const slash = target.lastIndexOf('/')
    const folder = slash < 0 ? this.#folder : this.#folderOf(target.slice(0, slash))
    const name = `${target.slice(slash + 1)}.log`
    if (folder !== undefined && fits(name)) return `${folder}/${name}`
    return join(this.#folder, `${createHash('sha256').update(target).digest('hex')}.log`)
  }

  /** Where the logs of the targets of a folder lie; undefined when that cannot have such a name. */
  #folderOf(folder: FileName): string | undefined {
    const known = this.#folders.get(folder)
    if (known !== undefined || this.#folders.has(folder)) return known
    const parts = folder.split('/').map(part => `${part}.d`)
    const found = parts.every(fits) ? join(this.#folder, ...parts) : undefined
    this.#folders.set(folder, found)
    return found
  }

  /** An empty log, open for appending. */
  begin(target: FileName): OpenLog {
    const path = this.path(target)
    const folder = dirname(path)
    if (!this.#made.has(folder)) {
      mkdirSync(folder, { recursive: true })
      this.#made.add(folder)
    }
    const innerPath = innerPathOf(path)
    return { file: create(path) ?? this.#replace(path, innerPath), innerPath }
  }

  /** Not truncated but new: a reader of the old one goes on undisturbed. */
  #replace(path: string, innerPath: string): number {
    rmSync(path)
    rmSync(innerPath, { force: true })
    return openSync(path, 'ax+')
  }

  /** Did an earlier run make this file? Asked for every new source, so nothing is looked up in a new tree. */
  madeBefore(target: FileName): boolean {
    const time = this.#isOld ? this.time(target) : undefined
    return time !== undefined && isOf(target, time)
  }

  has(target: FileName): boolean {
    return existsSync(this.path(target))
  }

  /** When it was written last, in milliseconds since 1970. */
  time(target: FileName): number | undefined {
    return statSync(this.path(target), { throwIfNoEntry: false })?.mtimeMs
  }

  /**
   * Whether its log is of a later build than the one on record, and nobody has written the target since. What a build
   * left in the background may write to its log long after: each build makes a new one, where the file system tells
   * when a file was made.
   */
  hasLaterBuild(target: FileName, { logged }: Pick<Making, 'logged'>): boolean {
    const stats = statSync(this.path(target), { throwIfNoEntry: false })
    if (stats === undefined || logged === undefined || stats.mtimeMs === logged) return false
    const isNew = stats.birthtimeMs === 0 || stats.birthtimeMs > logged
    return isNew && isOf(target, stats.mtimeMs)
  }

  read(target: FileName): Buffer {
    return readFileSync(this.path(target))
  }

  /** The builds that a build asked for, and where in its log that was. */
  inner(target: FileName): readonly { readonly at: number; readonly target: FileName }[] {
    const path = innerPathOf(this.path(target))
    if (!existsSync(path)) return []
    return readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map(line => ({
        at: Number.parseInt(line, 10),
        target: JSON.parse(line.slice(line.indexOf(' ') + 1)) as string,
      }))
  }

  /** The target is none any more. */
  drop(target: FileName): void {
    rmSync(this.path(target), { force: true })
  }
}

/** Whether a file that there may be was written before the end of the build with this log. */
function isOf(target: FileName, logged: number): boolean {
  const stats = lstatSync(target, { throwIfNoEntry: false })
  return stats === undefined || stats.mtimeMs <= logged
}

/** A new file, open for appending; undefined when there is one already. */
function create(path: string): number | undefined {
  try {
    return openSync(path, 'ax+')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw error
  }
}

/** Whether a file can have that name. */
function fits(name: string): boolean {
  return Buffer.byteLength(name) <= 255
}

function innerPathOf(path: string): string {
  return `${path.slice(0, -'.log'.length)}.in`
}
