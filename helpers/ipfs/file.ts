import { setMaxListeners } from 'node:events'
import type { CID } from 'multiformats/cid'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Blocks } from '../block/block.ts'
import { type IpfsFailure, IpfsRefusal } from '../block/failure.ts'
import { type Part, parseNode } from './node.ts'

export interface Opened {
  /** The size of the whole file, as its first block tells it; the body is of that size or fails. */
  readonly size: number
  /** Its bytes from `from` on. Throws IpfsRefusal. */
  readonly body: AsyncIterable<Uint8Array>
}

interface Opening {
  readonly blocks: Blocks
  /** The first byte that is wanted: blocks before it are not asked for. */
  readonly from?: number
  /** The largest size that is of use. */
  readonly limit: number
  readonly signal: AbortSignal
}

/** Opens a file by its CID. Nothing is read ahead but a few blocks. */
export async function openFile(root: CID, opening: Opening): Promise<Result<Opened, IpfsFailure>> {
  const { blocks, signal, limit } = opening
  const block = await blocks.get(root, signal)
  if (!block.ok) return block
  const node = parseNode(root, block.value)
  if (!node.ok) return refuse({ kind: 'unsound', why: node.error })
  if (node.value.kind !== 'file') return refuse({ kind: 'unsound', why: 'it is a folder, not a file' })
  const { size } = node.value
  if (size > limit) return refuse({ kind: 'unsound', why: `it has ${size} bytes, more than ${limit}` })
  return ok({ size, body: bodyOf({ cid: root, size }, block.value, opening) })
}

/** A part of the file that is still to come. */
interface Coming extends Part {
  /** Its place in the file. */
  readonly at: number
  readonly depth: number
  block?: Promise<Result<Uint8Array, IpfsFailure>>
}

async function* bodyOf(
  root: Part,
  first: Uint8Array,
  { blocks, from = 0, signal }: Opening,
): AsyncGenerator<Uint8Array> {
  const ended = new AbortController() // stops what is read ahead when the reader leaves
  setMaxListeners(0, ended.signal) // every block that is on its way listens to it
  const stop = (): void => ended.abort()
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  const start = (part: Coming): Promise<Result<Uint8Array, IpfsFailure>> => {
    part.block ??= blocks.get(part.cid, ended.signal)
    return part.block
  }
  const coming: Coming[] = [{ ...root, at: 0, depth: 0, block: Promise.resolve(ok(first)) }]
  let taken = 0
  let given = 0
  try {
    for (let part = coming.pop(); part; part = coming.pop()) {
      for (const ahead of coming.slice(-AHEAD).reverse()) void start(ahead)
      const block = await start(part)
      if (!block.ok) throw new IpfsRefusal(block.error)
      const node = parseNode(part.cid, block.value)
      if (!node.ok) throw unsound(node.error)
      if (node.value.kind !== 'file') throw unsound('a folder is a part of a file')
      if (node.value.size !== part.size) throw unsound('a part of a file has another size than is told')
      if (++taken > FREE_BLOCKS + given / FEWEST_BYTES) throw unsound('a file of too many small blocks')
      const { data, parts } = node.value
      if (parts.length > 0 && part.depth >= DEEPEST) throw unsound('a file of too many layers')
      if (coming.length + parts.length > MOST_COMING) throw unsound('a file of too many parts')
      let at = part.at + data.length
      const children: Coming[] = []
      for (const { cid, size } of parts) {
        if (at + size > from) children.push({ cid, size, at, depth: part.depth + 1 })
        at += size
      }
      coming.push(...children.reverse()) // the next one is the last, where it is cheap to take
      const wanted = data.subarray(Math.max(0, from - part.at))
      given += wanted.length
      if (wanted.length > 0) yield wanted
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

const unsound = (why: string): IpfsRefusal => new IpfsRefusal({ kind: 'unsound', why })

/** Blocks asked for before the reader needs them; at 256 KiB each, 2 MiB. */
const AHEAD = 8

/** 174 links a block hold 2^64 bytes in ten layers of 256 KiB. */
const DEEPEST = 16

/** Parts known and not yet read. */
const MOST_COMING = 2 ** 16

/** Blocks of files hold 256 KiB or more; a graph of tiny ones would cost more time than its bytes are worth. */
const FREE_BLOCKS = 4096
const FEWEST_BYTES = 4096
