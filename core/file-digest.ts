import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Sha256 } from './digest.ts'

/** The sha256 of a file's content, however large it is. A symlink in its place is an error. */
export function fileDigest(file: string): Sha256 {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const hash = createHash('sha256')
    // The one byte more tells the end of a small file without a second buffer's worth of room.
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, fstatSync(fd).size + 1))
    for (let got = readSync(fd, chunk); got > 0; got = readSync(fd, chunk))
      hash.update(chunk.subarray(0, got))
    return hash.digest('hex') as Sha256
  } finally {
    closeSync(fd)
  }
}

const CHUNK_BYTES = 256 * 1024
