import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * What stands where a person wants something written. A symlink is followed, as a shell's `>` does: who
 * put it there wants the thing at its end written, and the link kept.
 */
type Destination =
  /** Nothing yet, or a file whose place a new one may take; `path` ends in no symlink. */
  | { readonly kind: 'file'; readonly path: string; readonly isNew: boolean }
  | { readonly kind: 'folder'; readonly path: string }
  /** A device, a fifo, a socket or an open file: a new file in its place would destroy it for all. `fd`: it is open here. */
  | { readonly kind: 'stream'; readonly fd?: number }
  | { readonly kind: 'dangling' }

export function destinationOf(out: string): Destination {
  const full = resolve(out)
  const stats = statOf(full, statSync)
  if (!stats) {
    return statOf(full, lstatSync) ? { kind: 'dangling' } : { kind: 'file', path: full, isNew: true }
  }
  if (stats.isDirectory()) return { kind: 'folder', path: realpathSync(full) }
  const open = openFile(full)
  if (open !== undefined) return { kind: 'stream', ...(open === 'elsewhere' ? {} : { fd: open }) }
  if (!stats.isFile()) return { kind: 'stream' }
  return { kind: 'file', path: realpathSync(full), isNew: false }
}

/** Why no file can take the place of what stands there. */
export function fileFault(destination: Destination): string | undefined {
  switch (destination.kind) {
    case 'file':
      return undefined
    case 'folder':
      return 'there is a folder of this name'
    case 'stream':
      return 'it is no file, but a device, a fifo or the like'
    case 'dangling':
      return DANGLING
  }
}

export const DANGLING = 'there is a symlink of this name, and it leads nowhere'

/** Nothing, too, where nothing can be: that is told by whoever makes the file. */
function statOf(path: string, call: (path: string) => Stats): Stats | undefined {
  try {
    return call(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG'].includes(code ?? '')) return undefined
    throw error
  }
}

/**
 * The open file to which a path leads through a link of /proc, as /dev/stdout does. Who has it open too, such as the
 * shell that redirected there, would go on with the old one if a new file took its place.
 */
function openFile(path: string): number | 'elsewhere' | undefined {
  let at = path
  // statOf() found an end, so there is one.
  while (lstatSync(at).isSymbolicLink()) {
    const folder = realpathSync(dirname(at))
    if (folder === `/proc/${process.pid}/fd`) return Number(basename(at))
    if (folder.startsWith('/proc/')) return 'elsewhere'
    at = resolve(folder, readlinkSync(join(folder, basename(at))))
  }
  return undefined
}
