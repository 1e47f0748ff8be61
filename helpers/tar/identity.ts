import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { COMMENT_OFFSET } from './gzip.ts'

/**
 * A package's identity, the sha256 of its tar, stands in its own gzip header as the comment
 * `tar-sha256:<64 digits>`: read in one short read, and never apart from the file. The `.gz`
 * itself is no identity, because compressors differ from version to version.
 */
const LABEL = 'tar-sha256:'
const FLAGS = 3
const FCOMMENT = 0x10

/** The comment while the tar is still being written; of the same length as the final one. */
export const PENDING_IDENTITY = LABEL + '0'.repeat(64)

/** Puts the identity in its place, over PENDING_IDENTITY. */
export const writeIdentity = (fd: number, digest: Sha256): void => {
  writeSync(fd, digest, COMMENT_OFFSET + LABEL.length, 'latin1')
}

/** The identity that a package's file names, without reading the package; undefined when it names none. */
export function readIdentity(file: string): Sha256 | undefined {
  const fd = openSync(file, 'r')
  try {
    const head = Buffer.alloc(COMMENT_OFFSET + LABEL.length + 64 + 1)
    if (readSync(fd, head, 0, head.length, 0) < head.length) return undefined
    if (head[0] !== 0x1f || head[1] !== 0x8b || head[FLAGS] !== FCOMMENT || head.at(-1) !== 0)
      return undefined
    const comment = head.toString('latin1', COMMENT_OFFSET, head.length - 1)
    const digest = comment.slice(LABEL.length)
    return comment.startsWith(LABEL) && isSha256(digest) ? digest : undefined
  } finally {
    closeSync(fd)
  }
}

/** The same of a file that others may take away at any time; undefined also when it is gone. */
export function identityAt(file: string): Sha256 | undefined {
  try {
    return readIdentity(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
