import { setMaxListeners } from 'node:events'
import { anyAborted } from '../../core/any-aborted.ts'
import { unlessAborted } from '../../core/unless-aborted.ts'
import type { BlockPlace } from '../block/block.ts'
import { watched } from '../http/download.ts'
import type { Limits } from '../http/limits.ts'
import { parseAddress } from './address.ts'
import { Conversation } from './conversation.ts'
import { PROTOCOL } from './message.ts'
import { type PeerNode, startNode } from './node.ts'

/** Peers as places of a run. */
interface Peers {
  readonly places: readonly BlockPlace[]
  close(): Promise<void>
}

/**
 * Peers by their addresses, asked by bitswap. The node that asks them listens on nothing, and is started with the
 * first question.
 */
export function peersAt(addresses: readonly string[], limits: Limits): Peers {
  const conversations = new Map<string, Conversation>()
  const ending = new AbortController()
  let node: Promise<PeerNode> | undefined

  const started = async (): Promise<PeerNode> => {
    const one = await startNode({ listen: [], connectMs: limits.connectMs })
    await one.handle(PROTOCOL, (stream, { peer }) => {
      const conversation = conversations.get(peer)
      if (conversation) void conversation.read(stream)
      else stream.abort()
    })
    return one
  }
  const dial = async (address: string): Promise<Conversation> => {
    node ??= started()
    const signal = anyAborted(ending.signal, AbortSignal.timeout(limits.connectMs))
    const connection = await (await node).dial(address, signal)
    // Two addresses may be those of one peer.
    const before = conversations.get(connection.peer)
    before?.goOnOver(connection)
    const conversation = before ?? new Conversation(connection)
    conversations.set(connection.peer, conversation)
    return conversation
  }
  return {
    places: addresses.map(address => placeAt(address, () => dial(address), limits)),
    async close() {
      ending.abort()
      await (await node?.catch(() => undefined))?.stop()
    },
  }
}

function placeAt(address: string, dial: () => Promise<Conversation>, limits: Limits): BlockPlace {
  const parsed = parseAddress(address)
  let reached: Promise<Conversation> | undefined
  const reach = async (): Promise<Conversation> => {
    const before = reached
    const conversation = await before?.catch(() => undefined)
    if (conversation?.isOpen) return conversation
    if (reached === before) reached = dial()
    return reached as Promise<Conversation>
  }
  return {
    name: `the peer at ${parsed.ok ? parsed.value.host : address}`,
    block: (cid, signal) =>
      watched(limits, signal, async ({ both, moved }) => {
        setMaxListeners(0, both)
        const conversation = await unlessAborted(reach(), both)
        return conversation.want(cid, both, moved)
      }),
  }
}
