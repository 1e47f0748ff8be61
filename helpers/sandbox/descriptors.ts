import { closeSync, existsSync, readdirSync, readFileSync } from 'node:fs'

const O_CLOEXEC = 0o2000000

/**
 * Closes what this process inherited beyond stdio and would hand on. Node marks what it opens
 * itself, and the first few that it inherits, to be closed in its children; the rest is unmarked. Without a /proc,
 * where nothing is built, they stay.
 */
export function closeStrays(): void {
  if (!existsSync('/proc/self/fd')) return
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name)
    if (fd > 2 && isHandedOn(fd)) closeSync(fd)
  }
}

function isHandedOn(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0
  } catch {
    // The one that listed the folder is gone by now.
    return false
  }
}
