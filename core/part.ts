import { randomUUID } from 'node:crypto'
import { lstatSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { formatProcess, isRunning, nameOf, parseProcess } from './process-name.ts'
import { namesIfReadable } from './readable.ts'
import { removeTree } from './remove.ts'
import { isSystemError } from './system-error.ts'

/**
 * A new name for what is being made, beside the one that it gets by a rename when it is whole:
 * `.NAME.PID.START.SPACE.BOOT.RANDOM.part`. It says who makes it, and nobody makes the same twice: RANDOM is 8
 * hexadecimal digits, for in containers that see the processes of another one two may take themselves for the same.
 * Of a long NAME it has the beginning.
 */
export const partOf = (path: string): string =>
  join(
    dirname(path),
    `.${beginning(basename(path))}.${formatProcess(nameOf(process.pid))}.${thisBoot()}.${randomUUID().slice(0, 8)}.part`,
  )

/** What a part's name has of another one: a file's name has 255 bytes at most, and what stands around it up to 75. */
function beginning(name: string): string {
  const bytes = Buffer.from(name)
  if (bytes.length <= MOST) return bytes.toString()
  // It leaves a last character out that is there in part.
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, MOST), { stream: true })
}

const MOST = 180

/** Behind the name of a part, that of what it replaces, for the moment in which neither has the name. */
export const OLD = '.old'

export interface Part {
  /** The name of what it is to become, or the beginning of a long one. */
  readonly of: string
  /** The process that makes it, if the name says that. */
  readonly pid?: number
  /** Whether it runs; undefined where that cannot be told, as of a process in another container. */
  readonly isRunning: boolean | undefined
}

/** What the name of a part says; undefined where it is none. */
export function parsePart(name: string): Part | undefined {
  const [, of, maker, boot] = FORM.exec(name) ?? []
  const process = parseProcess(maker ?? '')
  if (!of || !process) return earlierPart(name)
  return { of, pid: process.pid, isRunning: boot === thisBoot() ? isRunning(process) : undefined }
}

const FORM = /^\.(.+)\.(\d+\.[^.]+\.[^.]+)\.([0-9a-f]{8}|-)\.[0-9a-f]+\.part(?:\.old)?$/s

/** It may go when nobody has a store, a venv or a clone of before 0.1.0's end. */
function earlierPart(name: string): Part | undefined {
  const of = EARLIER.exec(name)?.slice(1).find(Boolean)
  return of === undefined ? undefined : { of, isRunning: undefined }
}

/** In a store, in the folder of a package, and in a venv. */
const EARLIER =
  /^\.?([0-9a-f]{64})(?:\.\w+)*\.\d+(?:\.part|\.[0-9a-f]{8})?$|^\.(gone)\.|^\.(build)\.\d+$|^\.(new|old)-\d+$|^(current)\.\d+$/

/**
 * Whether nobody goes on with a part: its process has ended, or, where that cannot be told, nothing was changed for ten
 * minutes, of a folder nothing right in it.
 */
export function isLeft(path: string): boolean {
  const part = parsePart(basename(path))
  return part !== undefined && !(part.isRunning ?? isYoung(path))
}

/** False where there is nothing. The time of change, for what is being made may have another time already. */
export function isYoung(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats !== undefined && Date.now() - stats.ctimeMs < QUIET_MS
}

const QUIET_MS = 10 * 60 * 1000

/** The parts in a folder with which nobody goes on; only those of one name, if that is given. */
export function leftParts(folder: string, of?: string): readonly string[] {
  return namesIfReadable(folder)
    .filter(name => of === undefined || parsePart(name)?.of === beginning(of))
    .map(name => join(folder, name))
    .filter(isLeft)
}

/** Removes them, but those that are another user's. */
export function sweepParts(folder: string, of?: string): void {
  for (const path of leftParts(folder, of)) {
    try {
      removeTree(path)
    } catch (error) {
      if (!isSystemError(error)) throw error
    }
  }
}

/** Which of all machines this is, until it starts again: the process ids of others mean nothing here. */
function thisBoot(): string {
  if (boot !== undefined) return boot
  try {
    boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8)
  } catch {
    boot = '-'
  }
  return boot
}

let boot: string | undefined
