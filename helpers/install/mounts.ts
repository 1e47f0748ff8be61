import { readFileSync } from 'node:fs'

/**
 * The paths at which something is mounted, as latin1, which holds any bytes. By the kernel's own list, because a folder
 * that is bound elsewhere on the same disk has the disk's number, and a subvolume of btrfs, which is no mount, has another.
 */
export function mountPoints(): ReadonlySet<string> {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n')
  // proc_pid_mountinfo(5): white space and backslashes stand as three octal digits.
  return new Set(
    lines.flatMap(line => {
      const path = line.split(' ')[4]
      return path === undefined ? [] : [path.replace(/\\([0-7]{3})/g, (_, octal) => fromOctal(octal))]
    }),
  )
}

const fromOctal = (octal: string): string => String.fromCharCode(Number.parseInt(octal, 8))
