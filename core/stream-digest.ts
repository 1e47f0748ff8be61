import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Sha256 } from './digest.ts'

/** The sha256 of bytes that come one after the other. What they throw is thrown. */
export async function streamDigest(chunks: AsyncIterable<Uint8Array>): Promise<Sha256> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex') as Sha256
}

/** The same bytes, which the hash, or who counts them, is told of as they pass. */
export async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: { readonly update: (chunk: Uint8Array) => unknown },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

/** That of a file, which is read while other things go on; at once is quicker for small ones (file-digest.ts). */
export const fileStreamDigest = (path: string | URL): Promise<Sha256> =>
  streamDigest(createReadStream(path, { highWaterMark: 1 << 20 }))
