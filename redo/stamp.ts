import { lstatSync, type Stats, statSync } from 'node:fs'

/** What a file looked like at one moment. Two equal stamps mean: nobody touched it in between. */
export type Stamp = string & { readonly brand: 'Stamp' }

/** The stamp of a name under which there is no file. */
export const nothing = '-' as Stamp

/** The stamp of every folder: its contents change all the time, only its being there counts. */
export const folder = 'd' as Stamp

/** A symlink is itself and what it leads to: a change of either is a change. */
export function stampOf(path: string): Stamp {
  const own = look(path)
  if (own === undefined) return nothing
  if (own.isDirectory()) return folder
  if (!own.isSymbolicLink()) return describe(own) as Stamp
  const end = look(path, true)
  return `${describe(own)}>${end === undefined ? nothing : end.isDirectory() ? folder : describe(end)}` as Stamp
}

export function exists(path: string): boolean {
  return look(path) !== undefined
}

/** Whether something can be read there: a symlink that leads nowhere is no file to those who follow it, nor is a folder. */
export function leadsToFile(path: string): boolean {
  return look(path, true)?.isDirectory() === false
}

/** The same, by a stamp. */
export function isOfFile(stamp: Stamp): boolean {
  return ![nothing, folder].some(none => stamp === none || stamp.endsWith(`>${none}`))
}

export function isSymlink(stamp: Stamp): boolean {
  return stamp.includes('>')
}

/** The part of a stamp that does not follow symlinks. */
export function itself(stamp: Stamp): string {
  return stamp.split('>')[0] ?? ''
}

/**
 * Whether a file was written since: by its time and size. Another place on disk, mode or owner is no edit: a copy of
 * the tree has them, and so has what somebody did with chown.
 */
export function isEdited(before: Stamp, now: Stamp): boolean {
  return written(before) !== written(now)
}

/** Of a symlink those of its own, which stand first. */
function written(stamp: Stamp): string {
  return stamp.split(' ', 2).join(' ')
}

const fields = ['time', 'size', 'inode', 'mode', 'owner', 'group'] as const

/** Says what differs between two stamps, for --explain: `size 10 -> 12, time … -> …`. */
export function difference(before: Stamp, after: Stamp): string {
  if (before === nothing) return 'it appeared'
  if (after === nothing) return 'it is gone'
  const [was = '', wasBehind] = before.split('>')
  const [is = '', isBehind] = after.split('>')
  if (before === folder || after === folder || (wasBehind === undefined) !== (isBehind === undefined))
    return `it was ${kind(before)} and is ${kind(after)}`
  if (was !== is || wasBehind === undefined || isBehind === undefined) return differingFields(was, is)
  return `what it leads to: ${difference(wasBehind as Stamp, isBehind as Stamp)}`
}

function differingFields(before: string, after: string): string {
  const [was, is] = [before.split(' '), after.split(' ')]
  return fields
    .flatMap((field, at) =>
      was[at] === is[at] ? [] : [`${field} ${show(field, was[at])} -> ${show(field, is[at])}`],
    )
    .join(', ')
}

function look(path: string, follow = false): Stats | undefined {
  try {
    return (follow ? statSync : lstatSync)(path, { throwIfNoEntry: false })
  } catch {
    // A path through something that is no folder, a loop of symlinks, a name too long: no such file.
    return undefined
  }
}

function describe(stats: Stats): string {
  return `${stats.mtimeMs} ${stats.size} ${stats.ino} ${stats.mode} ${stats.uid} ${stats.gid}`
}

function kind(stamp: Stamp): string {
  return stamp === folder ? 'a folder' : isSymlink(stamp) ? 'a symlink' : 'a file'
}

function show(field: (typeof fields)[number], value = ''): string {
  if (field === 'time') return moment(Number(value))
  return field === 'mode' ? Number(value).toString(8) : value
}

/** To the microsecond: a file may be written twice within a millisecond. */
function moment(milliseconds: number): string {
  // Beyond what a Date can say, as some file systems can.
  if (!(Math.abs(milliseconds) <= 8.64e15)) return `${milliseconds} ms`
  const whole = Math.floor(milliseconds)
  const rest = Math.floor((milliseconds - whole) * 1000)
  return new Date(whole).toISOString().replace('Z', `${String(rest).padStart(3, '0')}Z`)
}
