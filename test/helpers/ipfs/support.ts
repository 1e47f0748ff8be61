import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { importer } from 'ipfs-unixfs-importer'
import type { CID } from 'multiformats/cid'
import { ok, refuse } from '../../../core/result.ts'
import type { Blocks } from '../../../helpers/block/block.ts'
import { digestOf } from '../../../helpers/block/cid.ts'
import { connections } from '../../../helpers/http/http.ts'
import type { Limits } from '../../../helpers/http/limits.ts'
import { gateway } from '../../../helpers/ipfs/gateway.ts'
import { importPath } from '../../../helpers/ipfs/import.ts'
import { Places } from '../../../helpers/ipfs/places.ts'
import { mirrorServer } from '../../../helpers/ipfs/serve.ts'
import { later, QUICK, serve } from '../fetch/support.ts'

/** Blocks in memory, by digest. */
export class Store {
  readonly blocks = new Map<string, Uint8Array>()
  /** In the order in which they were asked for. */
  readonly asked: string[] = []

  readonly put = (cid: CID, bytes: Uint8Array): void => {
    this.blocks.set(digestOf(cid), bytes)
  }

  async add(content: Uint8Array): Promise<CID> {
    return this.#import([{ content }])
  }

  /** A folder of files that need no disk. */
  async addFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<CID> {
    return this.#import(
      Object.entries(files).map(([name, content]) => ({
        path: `root/${name}`,
        content: Buffer.from(content),
      })),
    )
  }

  async #import(source: Parameters<typeof importer>[0]): Promise<CID> {
    const blocks = {
      put: async (cid: CID, bytes: Uint8Array | AsyncIterable<Uint8Array>) => {
        this.put(cid, bytes as Uint8Array)
        return cid
      },
    }
    let root: CID | undefined
    for await (const { cid } of importer(source, blocks, { profile: 'unixfs-v0-2015' })) root = cid
    if (!root) throw new Error('nothing to import')
    return root
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

/** A gateway for one test, over what a store has; `tamper` may answer in its place. */
export async function serveStore(
  store: Store,
  tamper: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
) {
  const server = mirrorServer({
    fileOf: () => '/nonexistent',
    blocks: store.reader,
    recordOf: () => undefined,
  })
  const [honest] = server.listeners('request') as RequestListener[]
  return serve((request, response) => {
    if (!tamper(request, response)) honest?.(request, response)
  })
}

/** The gateways at these urls, as one run of a program has them; `said` holds what it told. */
export function placesAt(urls: readonly string[], more: Partial<Limits> = {}, hedgeMs = 100) {
  // Longer than a busy machine keeps an honest gateway waiting.
  const limits = { ...QUICK, idleMs: 1000, ...more }
  const opened = connections({}, limits)
  if (!opened.ok) throw new Error(opened.error.why)
  const said: string[] = []
  const network = { dispatcher: opened.value, limits }
  later(() => void opened.value.destroy())
  const places = new Places(
    urls.map(url => gateway(url, network)),
    text => said.push(text),
    hedgeMs,
  )
  return { places, said, limits }
}
