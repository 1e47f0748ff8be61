import { readFileSync } from 'node:fs'

/**
 * Whether no process of this id runs, be it ours or somebody else's. One that has ended may stay in the list until
 * whoever started it asks after it, which in a container often nobody does: it counts as ended.
 */
export const hasEnded = (pid: number): boolean => !isRunning(pid)

/**
 * Whether a process of this id runs. Of one with `start`, which `startOf` told earlier, a later process of the same id
 * is told apart, where there is a /proc.
 */
export function isRunning(pid: number, start?: string): boolean {
  const stat = statOf(pid)
  if (stat === undefined) return isThere(pid)
  return !['Z', 'X'].includes(stat[0] ?? '') && (start === undefined || stat[19] === start)
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, as somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * When a process was started, in the kernel's ticks since boot, which tells it from a later one of the same id;
 * undefined where there is no /proc, or no such process.
 */
export const startOf = (pid: number): string | undefined => statOf(pid)?.[19]

/** Whether a process is known to have no children; where the kernel does not tell (CONFIG_PROC_CHILDREN), it is not. */
export function isChildless(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1') === ''
  } catch {
    return false
  }
}

/** The process that started another; undefined where there is no /proc. */
export function parentOf(pid: number): number | undefined {
  const parent = Number(statOf(pid)?.[1])
  return parent > 0 ? parent : undefined
}

/** Whether we are in the foreground of our terminal, if we have one; true where there is no /proc to tell. */
export function isInForeground(): boolean {
  const [, , group, , , front] = statOf(process.pid) ?? []
  return group === front
}

/** The fields behind the name, which may hold blanks and brackets: state, parent, and so on. See proc(5). */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
