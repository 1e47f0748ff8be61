import { readlinkSync } from 'node:fs'
import { isRunning as processIsRunning, startOf } from './process.ts'

/**
 * A process in words that stay true: its id, when it was started (in the kernel's ticks), for the kernel
 * gives the id to others later, and where that id means something (its namespace). `-` is not known.
 */
export interface ProcessName {
  readonly pid: number
  readonly start: string
  readonly space: string
}

export function nameOf(pid: number): ProcessName {
  if (pid === process.pid && self !== undefined) return self
  const name = { pid, start: startOf(pid) ?? '-', space: spaceOf(pid) }
  if (pid === process.pid) self = name
  return name
}

/** One's own does not change. */
let self: ProcessName | undefined

/** `PID.START.SPACE`, which may be part of a file's name. */
export const formatProcess = ({ pid, start, space }: ProcessName): string => `${pid}.${start}.${space}`

export function parseProcess(text: string): ProcessName | undefined {
  const [, pid, start, space] = /^([1-9]\d{0,9})\.(\d+|-)\.(\d+|-)$/.exec(text) ?? []
  return pid && start && space ? { pid: Number(pid), start, space } : undefined
}

/** Undefined where that cannot be told, as of a process in another container that shares our files. */
export function isRunning(name: ProcessName): boolean | undefined {
  return isVisible(name) ? processIsRunning(name.pid, name.start === '-' ? undefined : name.start) : undefined
}

/** Whether its id means to us what it means to those who wrote it down. */
export const isVisible = ({ space }: ProcessName): boolean => space === nameOf(process.pid).space

function spaceOf(pid: number): string {
  try {
    return /\d+/.exec(readlinkSync(`/proc/${pid}/ns/pid`))?.[0] ?? '-'
  } catch {
    return '-'
  }
}
