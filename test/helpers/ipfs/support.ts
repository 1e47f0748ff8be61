import type { CID } from 'multiformats/cid'
import { ok, refuse } from '../../../core/result.ts'
import type { Blocks } from '../../../helpers/ipfs/block.ts'
import { digestOf } from '../../../helpers/ipfs/cid.ts'
import { importBytes, importPath } from '../../../helpers/ipfs/import.ts'

/** Blocks in memory, by digest. */
export class Store {
  readonly blocks = new Map<string, Uint8Array>()
  /** In the order in which they were asked for. */
  readonly asked: string[] = []

  readonly put = (cid: CID, bytes: Uint8Array): void => {
    this.blocks.set(digestOf(cid), bytes)
  }

  async add(content: Uint8Array): Promise<CID> {
    return importBytes(
      (async function* () {
        yield content
      })(),
      this.put,
    )
  }

  async addPath(path: string): Promise<CID> {
    const cid = await importPath(path, this.put)
    if (!cid.ok) throw new Error(cid.error)
    return cid.value
  }

  /** As a reader has them. */
  get reader(): Blocks {
    return {
      get: async cid => {
        this.asked.push(cid.toString())
        const bytes = this.blocks.get(digestOf(cid))
        return bytes ? ok(bytes) : refuse({ kind: 'nowhere', cid: cid.toString(), tried: [] })
      },
    }
  }
}
