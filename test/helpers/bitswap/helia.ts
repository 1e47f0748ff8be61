import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CID } from 'multiformats/cid'
import { treeRoot } from '../../../core/store.ts'
import { digestOf } from '../../../helpers/block/cid.ts'
import { later } from '../fetch/support.ts'
import type { Store } from '../ipfs/support.ts'

/** What is used of Helia's bitswap, which is not typed here: its packages are not those of the tree. */
interface Helia {
  readonly address: string
  /** Asks all peers that it is connected with. */
  retrieve(cid: CID): Promise<Uint8Array>
  dial(address: string): Promise<void>
}

const MODULES = join(treeRoot(), 'helpers/libp2p/node_modules')

/** Users leave it out (`--omit=dev`). */
export const hasHelia = existsSync(join(MODULES, '@helia/bitswap'))

const from = (module: string) =>
  import(
    pathToFileURL(join(MODULES, module)).href
    // biome-ignore lint/suspicious/noExplicitAny: see above
  ) as Promise<any>

/** A peer by other hands: Helia's bitswap over a store, for one test. */
export async function heliaPeer(store: Store): Promise<Helia> {
  const [{ withBitswap }, { createLibp2p }, { tcp }, { noise }, { yamux }, { identify }, { multiaddr }] =
    await Promise.all(
      [
        '@helia/bitswap/dist/src/index.js',
        'libp2p/dist/src/index.js',
        '@libp2p/tcp/dist/src/index.js',
        '@libp2p/noise/dist/src/index.js',
        '@libp2p/yamux/dist/src/index.js',
        '@libp2p/identify/dist/src/index.js',
        '@multiformats/multiaddr/dist/src/index.js',
      ].map(from),
    )
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  })
  later(() => void libp2p.stop())
  let start: ((helia: unknown) => Promise<void>) | undefined
  let broker: { retrieve(cid: CID, options: object): Promise<Uint8Array> } | undefined
  const helia = {
    status: 'starting',
    libp2p,
    logger: libp2p.logger,
    routing: { async *findProviders() {} },
    getHasher: () => undefined,
    blockstore: blockstoreOf(store),
    hasBlockBroker: () => false,
    addBlockBroker: (one: typeof broker) => {
      broker = one
    },
    addMixin: (mixin: { start: typeof start }) => {
      start = mixin.start
    },
  }
  withBitswap(helia)
  await start?.(helia)
  return {
    address: String(libp2p.getMultiaddrs()[0]),
    retrieve: async cid =>
      (await broker?.retrieve(cid, { signal: AbortSignal.timeout(20_000) })) ?? new Uint8Array(),
    dial: async address => void (await libp2p.dial(multiaddr(address))),
  }
}

function blockstoreOf({ blocks }: Store) {
  return {
    has: (cid: CID) => blocks.has(digestOf(cid)),
    async *get(cid: CID) {
      const block = blocks.get(digestOf(cid))
      if (!block) throw Object.assign(new Error('not found'), { name: 'NotFoundError' })
      yield block
    },
  }
}
