import { type AddressInfo, createServer } from 'node:net'
import type { CID } from 'multiformats/cid'
import { framesOf } from '../../../helpers/bitswap/frames.ts'
import { formatMessage, framed, PROTOCOL, parseMessage, type Want } from '../../../helpers/bitswap/message.ts'
import {
  isInstalled,
  type PeerConnection,
  type PeerNode,
  type PeerStream,
  startNode,
} from '../../../helpers/bitswap/node.ts'
import { peersAt } from '../../../helpers/bitswap/peers.ts'
import { serveBlocks } from '../../../helpers/bitswap/serve.ts'
import type { Blocks } from '../../../helpers/block/block.ts'
import type { Limits } from '../../../helpers/http/limits.ts'
import { Places } from '../../../helpers/ipfs/places.ts'
import { later, QUICK } from '../fetch/support.ts'
import type { Store } from '../ipfs/support.ts'

/** Why tests with real nodes are left out. */
export const LEFT_OUT = ' (left out: npm ci --prefix helpers/libp2p was not run)'
export const WITHOUT = isInstalled() ? '' : LEFT_OUT

const LISTEN = { listen: ['/ip4/127.0.0.1/tcp/0'], connectMs: 5000 }

const addressOf = (node: PeerNode): string => {
  later(() => void node.stop())
  return node.addresses[0] ?? ''
}

/** A peer for one test that gives what a store has; its address. */
export const honestPeer = async (blocks: Blocks): Promise<string> =>
  addressOf(await serveBlocks(blocks, LISTEN))

/** A peer for one test that answers questions as it likes. */
export async function oddPeer(
  answer: (
    wants: readonly Want[],
    send: (bytes: Uint8Array) => Promise<void>,
    leave: () => Promise<void>,
  ) => unknown,
): Promise<string> {
  const node = await startNode(LISTEN)
  const take = async (stream: PeerStream, connection: PeerConnection): Promise<void> => {
    let reply: Promise<PeerStream> | undefined
    const { signal } = new AbortController()
    const send = async (bytes: Uint8Array): Promise<void> => {
      reply ??= connection.open(PROTOCOL, signal)
      await (await reply).send(bytes, signal)
    }
    for await (const frame of framesOf(stream, 2 ** 22)) {
      const message = frame.ok ? parseMessage(frame.value) : undefined
      if (message) await answer(message.wants, send, () => node.stop())
    }
  }
  await node.handle(PROTOCOL, (stream, connection) => void take(stream, connection).catch(() => {}))
  return addressOf(node)
}

export const tell = (...telling: Parameters<typeof formatMessage>): Uint8Array =>
  framed(formatMessage(...telling))

/** A block of a store, by its CID. */
export const blockOf = (store: Store, { multihash }: CID): Uint8Array | undefined =>
  store.blocks.get(Buffer.from(multihash.digest).toString('hex'))

/** One who takes a connection and says nothing at all. */
export async function mutePeer(): Promise<string> {
  const server = createServer(() => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  later(() => void server.close())
  return `/ip4/127.0.0.1/tcp/${(server.address() as AddressInfo).port}`
}

/** A port on which nobody listens. */
export const NO_PEER = '/ip4/127.0.0.1/tcp/9'

/** The peers at these addresses, as one run of a program has them; `said` holds what it told. */
export function placesOf(addresses: readonly string[], more: Partial<Limits> = {}, hedgeMs = 100) {
  const limits = { ...QUICK, idleMs: 1500, ...more }
  const said: string[] = []
  const peers = peersAt(addresses, limits)
  later(() => void peers.close())
  const places = new Places(peers.places, text => said.push(text), hedgeMs)
  return { places, said, limits }
}
