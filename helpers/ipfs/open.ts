import { setMaxListeners } from 'node:events'
import type { CID } from 'multiformats/cid'
import { ok, type Result } from '../../core/result.ts'
import type { Blocks } from '../block/block.ts'
import type { IpfsFailure } from '../block/failure.ts'
import { ArchivedBlocks } from './archive.ts'
import { type Opened, openFile } from './file.ts'
import { resolvePath } from './folder.ts'
import type { Places } from './places.ts'

interface Wanted {
  readonly root: CID
  /** The names that lead from there to the file. */
  readonly path: readonly string[]
  readonly from?: number
  readonly limit: number
  readonly signal: AbortSignal
}

/**
 * Opens a file from whoever has it; every byte is proved by the CID. `folders` is where the blocks on the way to
 * the file come from, for those who open many files of one folder.
 */
export async function openFrom(
  places: Places,
  { root, path, from = 0, limit, signal }: Wanted,
  idleMs: number,
  folders: Blocks = places,
): Promise<Result<Opened, IpfsFailure>> {
  // Every block that is on its way listens to it; node warns of more than ten.
  setMaxListeners(0, signal)
  const cid = await resolvePath(root, path, folders, signal)
  if (!cid.ok) return cid
  const blocks = new ArchivedBlocks(cid.value, from, places, idleMs)
  // An archive that is waited for hears of nothing else.
  signal.addEventListener('abort', () => blocks.close(), { once: true })
  const opened = await openFile(cid.value, { blocks, from, limit, signal })
  if (!opened.ok) {
    blocks.close()
    return opened
  }
  return ok({ size: opened.value.size, body: closing(opened.value.body, blocks) })
}

async function* closing(body: AsyncIterable<Uint8Array>, blocks: ArchivedBlocks): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } finally {
    blocks.close()
  }
}
