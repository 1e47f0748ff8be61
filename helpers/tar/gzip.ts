import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { crc32, deflateRaw } from 'node:zlib'

/** Each block becomes a gzip member of its own, so that several are compressed at once. */
const BLOCK = 1024 * 1024

const LEVEL = 6
const deflate = promisify(deflateRaw)

/**
 * The blocks as a row of gzip members, in order (RFC 1952, 2.2: members may simply follow one
 * another). The division into members depends on the data alone, not on the number of cores.
 * The first member carries `comment`.
 */
export async function* gzipMembers(
  blocks: AsyncIterable<Uint8Array>,
  comment: string,
): AsyncGenerator<Uint8Array> {
  const atOnce = availableParallelism() + 1
  const members: Promise<Uint8Array>[] = []
  let head = memberHead(comment)
  for await (const block of blocks) {
    members.push(member(head, block))
    head = memberHead()
    if (members.length >= atOnce) yield await (members.shift() as Promise<Uint8Array>)
  }
  for (const last of members) yield await last
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

async function member(head: Buffer, block: Uint8Array): Promise<Uint8Array> {
  const body = await deflate(block, { level: LEVEL })
  const tail = Buffer.alloc(8)
  tail.writeUInt32LE(crc32(block), 0)
  tail.writeUInt32LE(block.length, 4)
  return Buffer.concat([head, body, tail])
}

/** No time stamp, no file name, operating system "unknown": nothing that differs between machines. */
function memberHead(comment?: string): Buffer {
  const FCOMMENT = 0x10
  const head = Buffer.from([0x1f, 0x8b, 8, comment === undefined ? 0 : FCOMMENT, 0, 0, 0, 0, 0, 0xff])
  return comment === undefined ? head : Buffer.concat([head, Buffer.from(`${comment}\0`, 'latin1')])
}
