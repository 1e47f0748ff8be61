import { createReadStream } from 'node:fs'
import { type Sha256, sha256 } from '../../core/digest.ts'

/** A blob that can be sent, and sent again. */
export interface BlobSource {
  readonly digest: Sha256
  /** In bytes. */
  readonly size: number
  /** Its bytes in this range. */
  readonly read: (from: number, to: number) => Uint8Array | AsyncIterable<Uint8Array>
}

export const blobOfBytes = (bytes: Buffer): BlobSource => ({
  digest: sha256(bytes),
  size: bytes.length,
  read: (from, to) => bytes.subarray(from, to),
})

export const blobOfFile = (file: string, digest: Sha256, size: number): BlobSource => ({
  digest,
  size,
  read: (from, to) =>
    from === to
      ? new Uint8Array()
      : createReadStream(file, { start: from, end: to - 1, highWaterMark: 1 << 17 }),
})
