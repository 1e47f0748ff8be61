import { readFileSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Mount {
  /** As latin1, which holds any bytes. */
  readonly path: string
  /** Of its file system, such as `ext4`. */
  readonly type: string
}

/**
 * The paths at which something is mounted, as latin1. By the kernel's own list, because a folder that is bound elsewhere
 * on the same disk has the disk's number, and a subvolume of btrfs, which is no mount, has another.
 */
export function mountPoints(): ReadonlySet<string> {
  return new Set(mounts().map(({ path }) => path))
}

/**
 * Whether the way to an absolute path leads onto a file system of the network, or of a process, which may never answer.
 * It is not asked for that. Where the root of the machine is one, that counts for nothing.
 */
export function isFar(path: string): boolean {
  const types = new Map(mounts().map(mount => [utf8(mount.path), mount.type]))
  const rest = partsOf(path)
  let at = '/'
  let links = 0
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '..') {
      at = dirname(at)
      continue
    }
    const next = join(at, part)
    if (FAR.test(types.get(next) ?? '')) return true
    const target = linkAt(next)
    if (target === undefined) at = next
    else {
      links += 1
      if (links > MOST_LINKS) return false
      rest.unshift(...partsOf(target))
      if (target.startsWith('/')) at = '/'
    }
  }
  return false
}

/** Of those whose files are elsewhere than on a disk of this machine; an automounter waits for what it mounts. */
const FAR =
  /^(?:nfs4?|cifs|smb3?|smbfs|fuse|fuse\..+|9p|virtiofs|autofs|afs|ceph|coda|gfs2|lustre|ocfs2|orangefs|beegfs)$/

/** As many as Linux follows. */
const MOST_LINKS = 40

const partsOf = (path: string): string[] => path.split('/').filter(part => part !== '' && part !== '.')

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** In the order of mounting: of two at one path the last can be seen. */
function mounts(): readonly Mount[] {
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n')
  return lines.flatMap(line => {
    // proc_pid_mountinfo(5): some fields in the middle are there or not, up to a lone dash.
    const [head = '', tail = ''] = line.split(' - ')
    const path = head.split(' ')[4]
    return path === undefined
      ? []
      : [{ path: path.replace(OCTAL, fromOctal), type: tail.split(' ')[0] ?? '' }]
  })
}

/** White space and backslashes stand as three octal digits. */
const OCTAL = /\\([0-7]{3})/g

const fromOctal = (_: string, octal: string): string => String.fromCharCode(Number.parseInt(octal, 8))

const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')
