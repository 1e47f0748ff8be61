import { open } from 'node:fs/promises'
import { join } from 'node:path'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { isSha256, sha256 } from '../../core/digest.ts'
import { byCodeUnit } from '../../core/order.ts'
import { parseRecfile, value, values } from '../../core/recfile.ts'
import { ok, type Result } from '../../core/result.ts'
import { digestOf, parseCid } from '../block/cid.ts'
import { importPath } from './import.ts'
import { parseNode } from './node.ts'

/** Which blocks a file or a folder consists of, and where the bytes of each lie. */
export interface Layout {
  readonly root: CID
  /** Blocks of nothing but bytes of a file, by digest: their sizes. They are not kept, but made again from the file. */
  readonly leaves: ReadonlyMap<string, number>
  /** All other blocks, whole. */
  readonly nodes: ReadonlyMap<string, Uint8Array>
}

/** Where the bytes of a leaf lie: a path below the file or folder (empty for a file), and a place in that file. */
export interface Leaf {
  readonly path: string
  readonly at: number
  readonly size: number
}

/** Reads a file or a folder. Else why it has no CID, as the end of a sentence. */
export async function layOut(path: string): Promise<Result<Layout, string>> {
  const leaves = new Map<string, number>()
  const nodes = new Map<string, Uint8Array>()
  const root = await importPath(path, (cid, bytes) => {
    const node = parseNode(cid, bytes)
    const isLeaf =
      node.ok && node.value.kind === 'file' && node.value.parts.length === 0 && node.value.size > 0
    if (isLeaf) leaves.set(digestOf(cid), node.value.size)
    else nodes.set(digestOf(cid), bytes)
  })
  return root.ok ? ok({ root: root.value, leaves, nodes }) : root
}

/** Every leaf that can be reached from the root, by digest; of equal ones the first. */
export function leavesOf({ root, leaves, nodes }: Layout): ReadonlyMap<string, Leaf> {
  const found = new Map<string, Leaf>()
  const walk = (cid: CID, path: string, at: number, depth: number): void => {
    const digest = digestOf(cid)
    const size = leaves.get(digest)
    if (size !== undefined && !found.has(digest)) found.set(digest, { path, at, size })
    const bytes = nodes.get(digest)
    const node = bytes && depth < DEEPEST ? parseNode(cid, bytes) : undefined
    if (!node?.ok) return
    const { value: meaning } = node
    if (meaning.kind !== 'file') {
      const label = meaning.kind === 'shard' ? 2 : 0
      for (const { name, cid: below } of meaning.entries)
        walk(below, name.length > label ? join(path, name.slice(label)) : path, 0, depth + 1)
      return
    }
    let next = at + meaning.data.length
    for (const part of meaning.parts) {
      walk(part.cid, path, next, depth + 1)
      next += part.size
    }
  }
  walk(root, '', 0, 0)
  return found
}

/** The block of a leaf from the bytes of its file; undefined when they are others by now. */
export async function leafBlock(file: string, digest: string, leaf: Leaf): Promise<Uint8Array | undefined> {
  const data = new Uint8Array(leaf.size)
  const handle = await open(file)
  try {
    await handle.read(data, 0, leaf.size, leaf.at)
  } finally {
    await handle.close()
  }
  const block = dagPb.encode(dagPb.prepare({ Data: new UnixFS({ type: 'file', data }).marshal(), Links: [] }))
  return sha256(block) === digest ? block : undefined
}

/**
 * A layout as recutils: `root: CID`, `leaf: DIGEST BYTES` for each leaf, `node: BASE64` for every other block.
 * Every block is checked against its digest before it is used, so a damaged index costs time and no more.
 */
export const formatLayout = ({ root, leaves, nodes }: Layout): string =>
  [
    `root: ${root}`,
    ...[...leaves].sort(([a], [b]) => byCodeUnit(a, b)).map(([digest, size]) => `leaf: ${digest} ${size}`),
    ...[...nodes]
      .sort(([a], [b]) => byCodeUnit(a, b))
      .map(([, bytes]) => `node: ${Buffer.from(bytes).toString('base64')}`),
    '',
  ].join('\n')

export function parseLayout(text: string): Layout | undefined {
  const [record] = parseRecfile(text).records
  const root = record && parseCid(value(record, 'root') ?? '')
  if (!record || !root?.ok) return undefined
  const leaves = new Map<string, number>()
  for (const line of values(record, 'leaf')) {
    const [digest = '', size = ''] = line.split(' ')
    if (!isSha256(digest) || !/^\d{1,7}$/.test(size)) return undefined
    leaves.set(digest, Number(size))
  }
  const nodes = new Map<string, Uint8Array>()
  for (const line of values(record, 'node')) {
    const bytes = Buffer.from(line, 'base64')
    nodes.set(sha256(bytes), bytes)
  }
  return { root: root.value, leaves, nodes }
}

/** Folders in folders, and the layers of a file. */
const DEEPEST = 256
