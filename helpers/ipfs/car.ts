import { CarWriter } from '@ipld/car'
import type { CID } from 'multiformats/cid'
import type { Blocks } from '../block/block.ts'
import { parseNode } from './node.ts'

interface ArchiveOf {
  readonly root: CID
  /** The blocks that lead from the root to what is wanted, which proves that it is what the path names. */
  readonly before: readonly Block[]
  readonly cid: CID
  /** `block` it alone, `entity` a file or the list of a folder, anything else all below. */
  readonly scope: string
  /** The first byte of a file that is wanted. */
  readonly from: number
}

export interface Block {
  readonly cid: CID
  readonly bytes: Uint8Array
}

/** An archive (CAR, version 1) of blocks, depth first, a block as often as it occurs. */
export async function* carOf(
  what: ArchiveOf,
  blocks: Blocks,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { writer, out } = CarWriter.create([what.root])
  const writing = (async () => {
    for (const block of what.before) await writer.put(block)
    for await (const block of walk(what, what.cid, 0, blocks, signal)) await writer.put(block)
  })()
  const failed = writing.then(
    () => writer.close(),
    error => writer.close().then(() => Promise.reject(error)),
  )
  failed.catch(() => {})
  yield* out
  await failed // an archive that lacks a block must not end as if it were whole
}

async function* walk(
  what: ArchiveOf,
  cid: CID,
  at: number,
  blocks: Blocks,
  signal: AbortSignal,
): AsyncGenerator<Block> {
  const block = await blocks.get(cid, signal)
  if (!block.ok) throw new Error(`block ${cid} is missing`)
  yield { cid, bytes: block.value }
  const node = what.scope === 'block' ? undefined : parseNode(cid, block.value)
  if (!node?.ok) return
  if (node.value.kind !== 'file') {
    const isPart = (name: string): boolean => node.value.kind === 'shard' && name.length === 2
    for (const { name, cid: below } of node.value.entries)
      if (what.scope !== 'entity' || isPart(name)) yield* walk(what, below, 0, blocks, signal)
    return
  }
  let next = at + node.value.data.length
  for (const part of node.value.parts) {
    if (next + part.size > what.from) yield* walk(what, part.cid, next, blocks, signal)
    next += part.size
  }
}
