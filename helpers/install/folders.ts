import { closeSync, constants, openSync } from 'node:fs'

/** A path's folder is not there, or it is something else, such as a symlink that would lead elsewhere. */
export class NoFolder extends Error {
  /** The folder's path in the root. */
  readonly path: string
  /** Whether there is nothing at all. */
  readonly absent: boolean

  constructor(path: string, absent: boolean) {
    super(absent ? `there is no folder "${path}"` : `"${path}" is no folder`)
    this.path = path
    this.absent = absent
  }
}

/** Whether an error says that nothing stands at a path, nor can: its folder is missing, or its name is too long. */
export const isAbsence = (error: unknown): boolean =>
  error instanceof NoFolder || (error as NodeJS.ErrnoException).code === 'ENAMETOOLONG'

/** Linux' O_PATH, which node does not name: a place to start from, whatever its permissions for reading. */
const O_PATH = 0o10000000
const FOLDER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW

/**
 * The folders of a root, by descriptors: each is opened from the one above it, and never through a
 * symlink. So what is done at a path is done inside of the root, whoever moves folders meanwhile.
 * Node has no openat(2); a path through /proc/self/fd is the same to the kernel.
 */
export class Folders {
  readonly #root: number
  /** The ways to the folders that were used last; most often the next paths lie there as well. */
  readonly #first: Way = []
  readonly #second: Way = []

  constructor(root: string) {
    this.#root = openSync(root, O_PATH | constants.O_DIRECTORY)
  }

  /** A name for system calls of what stands at a path of the root; good until the next call. Its last part is not followed. */
  at(path: string): string {
    return this.#name(path, this.#first)
  }

  /** The same, for a call that takes two paths. */
  second(path: string): string {
    return this.#name(path, this.#second)
  }

  /** To be called when a folder may have been removed or put elsewhere. */
  forget(): void {
    cut(this.#first, 0)
    cut(this.#second, 0)
  }

  close(): void {
    this.forget()
    closeSync(this.#root)
  }

  #name(path: string, way: Way): string {
    if (path === '') return `/proc/self/fd/${this.#root}`
    const parts = path.split('/')
    const name = parts.pop() ?? ''
    return `/proc/self/fd/${this.#open(parts, way)}/${name}`
  }

  #open(parts: readonly string[], way: Way): number {
    let shared = 0
    while (shared < parts.length && way[shared]?.name === parts[shared]) shared++
    cut(way, shared)
    for (let index = shared; index < parts.length; index++) {
      const name = parts[index] ?? ''
      try {
        way.push({ name, fd: openSync(`/proc/self/fd/${way.at(-1)?.fd ?? this.#root}/${name}`, FOLDER) })
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ELOOP') throw error
        throw new NoFolder(parts.slice(0, index + 1).join('/'), code === 'ENOENT')
      }
    }
    return way.at(-1)?.fd ?? this.#root
  }
}

/** Open folders, each in the one before. */
type Way = { readonly name: string; readonly fd: number }[]

function cut(way: Way, length: number): void {
  for (const { fd } of way.splice(length)) closeSync(fd)
}
