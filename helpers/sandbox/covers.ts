import { lstatSync, readdirSync } from 'node:fs'

/**
 * The bwrap options, to stand behind `--proc /proc`, that show what root could change there read-only.
 *
 * A sandbox that root starts has another user in name only. To the kernel its processes are root's, and of
 * /proc/sys and its like the kernel wants to know the user and no privilege (proc_sys_permission in
 * fs/proc/proc_sysctl.c): without these covers a build could write, say, kernel.core_pattern, and be root on the
 * host. An ordinary user may write nothing there, and needs no covers. With them the kernel refuses to mount a
 * second /proc in namespaces that a build makes (mount_too_revealing in fs/namespace.c).
 */
export function procCovers(): readonly string[] {
  if (process.getuid?.() !== 0) return []
  covers ??= readdirSync('/proc')
    .filter(name => !/^\d+$/.test(name) && !OWN.includes(name) && isOwnersToWrite(`/proc/${name}`))
    .flatMap(name => ['--ro-bind', `/proc/${name}`, `/proc/${name}`])
  return covers
}

/** Looked up once in a process. */
let covers: readonly string[] | undefined

/** What is the process's own is a link of /proc into its folder. */
const OWN = ['self', 'thread-self', 'mounts', 'net']

/** Whether the owner, and not everybody, may write to something there. Each cover takes time in each sandbox. */
function isOwnersToWrite(path: string): boolean {
  if (path === '/proc/sys') return true
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return namesIn(path)?.some(name => isOwnersToWrite(`${path}/${name}`)) ?? true
  return stats?.isFile() === true && (stats.mode & 0o202) === 0o200
}

/** Undefined for a folder that we may not look into, as a container may have them. */
function namesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder)
  } catch {
    return undefined
  }
}
