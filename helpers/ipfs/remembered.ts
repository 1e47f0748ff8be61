import type { CID } from 'multiformats/cid'
import type { Result } from '../../core/result.ts'
import type { Blocks } from '../block/block.ts'
import { digestOf } from '../block/cid.ts'
import type { IpfsFailure } from '../block/failure.ts'

/** Remembers the blocks that were read last: those of a folder in which many files are looked for. */
export class RememberedBlocks implements Blocks {
  readonly #blocks: Blocks
  readonly #kept = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(blocks: Blocks) {
    this.#blocks = blocks
  }

  async get(cid: CID, signal: AbortSignal): Promise<Result<Uint8Array, IpfsFailure>> {
    const digest = digestOf(cid)
    const kept = this.#kept.get(digest)
    if (kept) return { ok: true, value: kept }
    const got = await this.#blocks.get(cid, signal)
    if (got.ok && !this.#kept.has(digest)) {
      this.#kept.set(digest, got.value)
      this.#bytes += got.value.length
      for (const [oldest, bytes] of this.#kept) {
        if (this.#bytes <= MOST_BYTES) break
        this.#kept.delete(oldest)
        this.#bytes -= bytes.length
      }
    }
    return got
  }
}

const MOST_BYTES = 2 ** 25
