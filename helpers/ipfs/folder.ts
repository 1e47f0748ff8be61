import { murmur364 } from '@multiformats/murmur3'
import type { CID } from 'multiformats/cid'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Blocks } from '../block/block.ts'
import type { IpfsFailure } from '../block/failure.ts'
import { type Entry, type Node, parseNode } from './node.ts'

/** What a path of names leads to, from a folder on. */
export async function resolvePath(
  root: CID,
  names: readonly string[],
  blocks: Blocks,
  signal: AbortSignal,
): Promise<Result<CID, IpfsFailure>> {
  let cid = root
  for (const name of names) {
    const next = await entryOf(cid, name, blocks, signal)
    if (!next.ok) return next
    cid = next.value
  }
  return ok(cid)
}

async function entryOf(
  folder: CID,
  name: string,
  blocks: Blocks,
  signal: AbortSignal,
): Promise<Result<CID, IpfsFailure>> {
  let cid = folder
  let hash: Uint8Array | undefined
  for (let depth = 0; depth < DEEPEST; depth++) {
    const node = await nodeOf(cid, blocks, signal)
    if (!node.ok) return node
    const { value } = node
    if (value.kind === 'file') return refuse({ kind: 'unsound', why: 'it is a file, not a folder' })
    if (value.kind === 'folder') {
      if (depth > 0) return refuse({ kind: 'unsound', why: 'a part of a folder is of another kind' })
      return found(value.entries, name, name)
    }
    hash ??= await murmur364.encode(new TextEncoder().encode(name))
    const prefix = hex(hash[depth] ?? 0)
    const deeper = value.entries.find(entry => entry.name === prefix)
    if (!deeper) return found(value.entries, prefix + name, name)
    cid = deeper.cid
  }
  return refuse({ kind: 'absent', name })
}

async function nodeOf(cid: CID, blocks: Blocks, signal: AbortSignal): Promise<Result<Node, IpfsFailure>> {
  const block = await blocks.get(cid, signal)
  if (!block.ok) return block
  const node = parseNode(cid, block.value)
  return node.ok ? node : refuse({ kind: 'unsound', why: node.error })
}

function found(entries: readonly Entry[], label: string, name: string): Result<CID, IpfsFailure> {
  const entry = entries.find(one => one.name === label)
  return entry ? ok(entry.cid) : refuse({ kind: 'absent', name })
}

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0')

/** A byte of the 64-bit hash for each layer. */
const DEEPEST = 8
