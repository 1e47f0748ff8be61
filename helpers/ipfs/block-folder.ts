import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { makeFolders } from '../../core/folders.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { writeWhole } from '../../core/whole-file.ts'
import type { Blocks } from '../block/block.ts'
import { describeIpfs } from '../block/failure.ts'
import { parseNode } from './node.ts'

/**
 * Writes all blocks of a file or folder as `DIR/ipfs/CID`: a static web server over DIR answers what a trustless
 * gateway is asked for raw blocks. What is there stays. Answers how many are new, or why not.
 */
export async function writeBlocks(
  root: CID,
  blocks: Blocks,
  folder: string,
): Promise<Result<number, string>> {
  const { signal } = new AbortController()
  const place = makeFolders(join(folder, 'ipfs'))
  const coming = [root]
  const seen = new Set<string>()
  let written = 0
  for (let cid = coming.pop(); cid; cid = coming.pop()) {
    if (seen.has(cid.toString())) continue
    seen.add(cid.toString())
    const block = await blocks.get(cid, signal)
    if (!block.ok) return refuse(describeIpfs(block.error))
    const node = parseNode(cid, block.value)
    if (!node.ok) return refuse(node.error)
    coming.push(...(node.value.kind === 'file' ? node.value.parts : node.value.entries).map(({ cid }) => cid))
    const file = join(place, cid.toString())
    if (existsSync(file)) continue
    writeWhole(file, block.value)
    written++
  }
  return ok(written)
}
