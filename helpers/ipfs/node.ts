import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { cidFault, DAG_PB } from '../block/cid.ts'

/** What a block means. Source of the format: the UnixFS specification. */
export type Node =
  | {
      readonly kind: 'file'
      /** The bytes that stand in the block itself, before those of its parts. */
      readonly data: Uint8Array
      readonly parts: readonly Part[]
      readonly size: number
    }
  | { readonly kind: 'folder'; readonly entries: readonly Entry[] }
  /** A folder too large for one block: an entry's name stands behind two digits of the hash of that name. */
  | { readonly kind: 'shard'; readonly entries: readonly Entry[] }

export interface Part {
  readonly cid: CID
  /** How many bytes of the file it holds, with all parts of its own. */
  readonly size: number
}

export interface Entry {
  readonly name: string
  readonly cid: CID
}

/** Reads a block. What is odd is refused, as the end of a sentence: two readers could take it for different things. */
export function parseNode(cid: CID, bytes: Uint8Array): Result<Node, string> {
  if (cid.code !== DAG_PB) return ok({ kind: 'file', data: bytes, parts: [], size: bytes.length })
  let links: readonly dagPb.PBLink[]
  let meaning: UnixFS
  try {
    const node = dagPb.decode(bytes)
    if (!node.Data) return refuse('a block without data')
    links = node.Links
    meaning = UnixFS.unmarshal(node.Data)
  } catch {
    return refuse('a damaged block')
  }
  for (const { Hash } of links) {
    const fault = cidFault(Hash)
    if (fault) return refuse(`a link to ${quoted(Hash.toString())}, which ${fault}`)
  }
  switch (meaning.type) {
    case 'file':
    case 'raw':
      return fileNode(meaning, links)
    case 'directory':
      return ok({ kind: 'folder', entries: entriesOf(links) })
    case 'hamt-sharded-directory':
      if (meaning.fanout !== FANOUT) return refuse('a large folder of an unknown kind')
      return ok({ kind: 'shard', entries: entriesOf(links) })
    default:
      return refuse(`a block of the kind ${quoted(meaning.type)}`)
  }
}

/** As kubo makes them: 256 entries a block. The hash is murmur3-x64-64; by another one no name would be found. */
const FANOUT = 256n

function fileNode({ data, blockSizes }: UnixFS, links: readonly dagPb.PBLink[]): Result<Node, string> {
  if (blockSizes.length !== links.length) return refuse('a file with parts of unknown size')
  const parts: Part[] = []
  let size = data?.length ?? 0
  for (const [index, { Hash }] of links.entries()) {
    const part = Number(blockSizes[index])
    // Without this a small graph of empty parts could keep a reader busy for ever.
    if (part === 0) return refuse('a file with an empty part')
    parts.push({ cid: Hash, size: part })
    size += part
  }
  if (!Number.isSafeInteger(size)) return refuse('a file of an absurd size')
  return ok({ kind: 'file', data: data ?? new Uint8Array(), parts, size })
}

const entriesOf = (links: readonly dagPb.PBLink[]): readonly Entry[] =>
  links.map(({ Name, Hash }) => ({ name: Name ?? '', cid: Hash }))
