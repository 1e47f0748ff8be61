import { availableParallelism } from 'node:os'
import { crc32 } from 'node:zlib'
import { Deflater, deflated } from './deflate.ts'

/** Each block becomes a gzip member of its own, so that several are compressed at once. */
const BLOCK = 1024 * 1024

/**
 * The blocks as a row of gzip members, in order (RFC 1952, 2.2: members may simply follow one
 * another). The bytes depend on the blocks and the comment alone: neither on the number of cores nor on
 * the version of node. The first member carries `comment`.
 */
export async function* gzipMembers(
  blocks: AsyncIterable<Uint8Array>,
  comment: string,
): AsyncGenerator<Uint8Array> {
  const atOnce = availableParallelism() + 1
  const members: Promise<Uint8Array>[] = []
  const deflater = new Deflater()
  try {
    let head = memberHead(comment)
    for await (const block of blocks) {
      // Most packages are less than a block, and a thread takes longer to start than that takes.
      const body = block.length < BLOCK ? deflated(block) : deflater.deflate(block)
      members.push(member(head, block, body))
      head = memberHead()
      if (members.length >= atOnce) yield await (members.shift() as Promise<Uint8Array>)
    }
    for (const last of members) yield await last
  } finally {
    await deflater.end()
  }
}

/** Cuts chunks of any size into blocks of BLOCK bytes; the last may be shorter. */
export async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = Buffer.allocUnsafe(BLOCK)
  let used = 0
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + BLOCK - used)
      block.set(part, used)
      used += part.length
      from += part.length
      if (used < BLOCK) continue
      yield block
      block = Buffer.allocUnsafe(BLOCK)
      used = 0
    }
  }
  if (used > 0) yield block.subarray(0, used)
}

/** Where a comment of the first member starts in the file. */
export const COMMENT_OFFSET = 10

async function member(
  head: Buffer,
  block: Uint8Array,
  body: Uint8Array | Promise<Uint8Array>,
): Promise<Uint8Array> {
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(crc32(block), 0)
  tail.writeUInt32LE(block.length, 4)
  return Buffer.concat([head, await body, tail])
}

/** No time stamp, no file name, operating system "unknown": nothing that differs between machines. */
function memberHead(comment?: string): Buffer {
  const FCOMMENT = 0x10
  const head = Buffer.from([0x1f, 0x8b, 8, comment === undefined ? 0 : FCOMMENT, 0, 0, 0, 0, 0, 0xff])
  return comment === undefined ? head : Buffer.concat([head, Buffer.from(`${comment}\0`, 'latin1')])
}
