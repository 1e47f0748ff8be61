import { chmodSync, lchownSync, linkSync, lstatSync, mkdirSync, renameSync, rmdirSync } from 'node:fs'
import { PACKAGE_TIME } from '../tar/entry.ts'
import { type Folders, isAbsence, NoFolder } from './folders.ts'
import { changeBegan, newPath, type Owner, oldPath, type Step } from './journal.ts'
import { besidePath, FOLDER_MODE, isSetting, RECORD_MODE, RECORDS } from './layout.ts'
import { readOwnFile, writeOwnFile } from './own-file.ts'
import { parseRecord, recordText } from './record.ts'

/** Something stands where nothing was when the change was planned. */
export class Occupied extends Error {
  readonly path: string

  constructor(path: string) {
    super(`something new stands at "${path}"`)
    this.path = path
  }
}

/**
 * Takes the steps; what was done before, by a process that was killed, is found done. Yields after
 * each system call that changes something, which is where a process can be cut short.
 */
export function* forward(folders: Folders, steps: readonly Step[]): Generator<Step> {
  const own = new Own(folders)
  for (const step of steps) {
    switch (step.kind) {
      case 'make folder':
        own.makeFolder(step.path)
        break
      case 'mend folder':
        own.mendFolder(step.path)
        break
      case 'remove folder':
        own.removeFolder(step.path)
        break
      case 'place':
        if (!own.isThere(newPath(step.number))) break
        if (own.isThere(step.path)) throw new Occupied(step.path)
        own.move(newPath(step.number), step.path)
        break
      case 'replace':
        if (!own.isThere(newPath(step.number))) break
        if (own.isFolder(step.path)) throw new Occupied(step.path)
        if (own.isEdited(step.path)) {
          if (own.isThere(besidePath(step.path))) break
          own.recordBeside(steps, step.path)
          yield step
          own.move(newPath(step.number), besidePath(step.path))
          break
        }
        if (!own.isThere(oldPath(step.number))) {
          own.keep(step.path, oldPath(step.number))
          yield step
        }
        own.move(newPath(step.number), step.path)
        break
      case 'take away':
        // Somebody's folder may have come in place of the file.
        if (own.isThere(oldPath(step.number)) || own.isFolder(step.path) || own.isEdited(step.path)) break
        own.moveIfThere(step.path, oldPath(step.number))
        break
    }
    yield step
  }
}

/** Takes the steps back, however many of them were taken. */
export function* backward(folders: Folders, steps: readonly Step[]): Generator<Step> {
  const own = new Own(folders)
  for (const step of [...steps].reverse()) {
    switch (step.kind) {
      case 'make folder':
        own.removeFolder(step.path)
        break
      case 'mend folder':
        // What was mended is right, whatever became of the rest.
        break
      case 'remove folder':
        own.makeFolder(step.path, step.mode, step.owner)
        break
      case 'place':
        if (own.isFolder(step.path) || own.isEdited(step.path)) break
        if (!own.isThere(newPath(step.number))) own.moveIfThere(step.path, newPath(step.number))
        break
      case 'replace':
      case 'take away':
        if (!own.isThere(oldPath(step.number)) || own.isEdited(step.path)) break
        if (own.isFolder(step.path)) throw new Occupied(step.path)
        own.move(oldPath(step.number), step.path)
        break
    }
    yield step
  }
}

/** What is done with paths of one root. */
class Own {
  readonly #folders: Folders
  /** When the change began, in milliseconds since 1970: nothing of the root was touched before. */
  readonly #began: number

  constructor(folders: Folders) {
    this.#folders = folders
    this.#began = changeBegan(folders)
  }

  /**
   * Whether somebody wrote a setting, or moved one there, since the change began, as after it was cut short: then it is
   * theirs, be it as old as it likes. What comes with packages is known by its own time.
   */
  isEdited(path: string): boolean {
    const stats = isSetting(path) ? this.#stats(path) : undefined
    if (stats === undefined || stats.isDirectory()) return false
    return stats.ctimeMs > this.#began && stats.mtimeMs !== PACKAGE_TIME * 1000
  }

  /** Has the record that is to come say that the package's own file stands beside the one at a path. */
  recordBeside(steps: readonly Step[], path: string): void {
    for (const step of steps) {
      if (!('number' in step) || !step.path.startsWith(`${RECORDS}/`)) continue
      const file = newPath(step.number)
      const record = parseRecord(readOwnFile(this.#folders, file) ?? '')
      if (!record.ok || !record.value.entries.some(entry => entry.path === path)) continue
      const entries = record.value.entries.map(entry =>
        entry.path === path && entry.kind !== 'folder' ? { ...entry, beside: besidePath(path) } : entry,
      )
      writeOwnFile(this.#folders, `${file}.part`, recordText({ ...record.value, entries }))
      chmodSync(this.#folders.at(`${file}.part`), RECORD_MODE)
      this.move(`${file}.part`, file)
    }
  }

  isThere(path: string): boolean {
    return this.#stats(path) !== undefined
  }

  isFolder(path: string): boolean {
    return this.#stats(path)?.isDirectory() ?? false
  }

  makeFolder(path: string, mode = FOLDER_MODE, owner?: Owner): void {
    const stats = this.#stats(path)
    if (stats && !stats.isDirectory()) throw new Occupied(path)
    const full = this.#folders.at(path)
    if (!stats) mkdirSync(full, mode)
    if (owner) give(full, owner)
    // The umask must not show.
    if (stats === undefined || (stats.mode & 0o7777) !== mode) chmodSync(full, mode)
  }

  mendFolder(path: string): void {
    const stats = this.#stats(path)
    if (!stats?.isDirectory()) return
    const [uid = stats.uid, gid = stats.gid] = [process.geteuid?.(), process.getegid?.()]
    if (stats.uid !== uid) lchownSync(this.#folders.at(path), uid, gid)
    chmodSync(this.#folders.at(path), FOLDER_MODE)
  }

  /** One that somebody has put something into stays. */
  removeFolder(path: string): void {
    this.#folders.forget()
    try {
      rmdirSync(this.#folders.at(path))
    } catch (error) {
      if (error instanceof NoFolder) return
      const { code } = error as NodeJS.ErrnoException
      if (!['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(code ?? '')) throw error
    }
  }

  move(from: string, to: string): void {
    this.#both(from, to, renameSync)
  }

  moveIfThere(from: string, to: string): void {
    if (this.isThere(from)) this.move(from, to)
  }

  /** A second name, so that the path is never without a file; on a file system that has none, it is for a moment. */
  keep(from: string, to: string): void {
    if (!this.isThere(from)) return
    try {
      this.#both(from, to, linkSync)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (!['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code ?? '')) throw error
      this.move(from, to)
    }
  }

  /** The files of the change have a way of their own, which stays open while the other goes from folder to folder. */
  #both(from: string, to: string, call: (from: string, to: string) => void): void {
    call(this.#folders.at(from), this.#folders.second(to))
  }

  #stats(path: string) {
    try {
      return lstatSync(this.#folders.at(path), { throwIfNoEntry: false })
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw error
    }
  }
}

/** As far as one may: only root gives to others, and in a namespace of users not to those whom it does not know. */
function give(path: string, { uid, gid }: Owner): void {
  try {
    lchownSync(path, uid, gid)
  } catch (error) {
    if (!['EPERM', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}
