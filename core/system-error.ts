/** Whether a call of the system failed: something of the machine is in the way, and nothing wrong with us. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException & { readonly code: string } =>
  error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'

/** Whether it failed for what may only be read here: a file system, or something of somebody else's. */
export const isForbidden = (error: unknown): boolean =>
  ['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')

/** What errors of the file system say to a person, by their names in errno(3): of a folder, or what is to be written. */
export const FILE_SYSTEM: Readonly<Record<string, string>> = {
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
  EPERM: 'this is not permitted',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is a file where a folder has to be',
  EEXIST: 'there is something of this name',
  ENOTEMPTY: 'the folder is not empty',
  ELOOP: 'its symlinks lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
}

/** The same of a file that is to be read. */
export const READING: Readonly<Record<string, string>> = {
  ...FILE_SYSTEM,
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder, not a file',
  ENXIO: 'it is not a file',
  // Of node, where the system would do it.
  ERR_FS_FILE_TOO_LARGE: 'it is too large',
  ERR_STRING_TOO_LONG: 'it is too large',
}

/** Why a file cannot be read; throws an error of another kind. */
export function readingFault(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException
  const why = READING[code] ?? (isSystemError(error) ? code : undefined)
  if (why === undefined) throw error
  return why
}

/** Why a system call failed, and at which path; undefined for an error of another kind. */
export function systemFault(error: unknown): { readonly why: string; readonly path: string } | undefined {
  if (!isSystemError(error)) return undefined
  const { code, path = '', dest } = error as typeof error & { readonly dest?: string }
  return { why: code === '' ? namelessWhy(error) : (FILE_SYSTEM[code] ?? code), path: dest ?? path }
}

/** Of a tree that cannot be removed node has, from 24 on, no name but for a few errors: then it is the system's words for it. */
const namelessWhy = ({ message }: Error): string => /^, Unknown error: (.*) '/s.exec(message)?.[1] ?? message
