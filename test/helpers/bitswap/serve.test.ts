import { randomBytes } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { formatMessage, framed, parseMessage } from '../../../helpers/bitswap/message.ts'
import type { PeerConnection, PeerNode, PeerStream } from '../../../helpers/bitswap/node.ts'
import { serveBlocks } from '../../../helpers/bitswap/serve.ts'
import { digestOf } from '../../../helpers/block/cid.ts'
import { Store } from '../ipfs/support.ts'

type Take = Parameters<PeerNode['handle']>[1]

/** A node without a network: what others would have it take is handed to it by the test. */
let take: Take
vi.mock('../../../helpers/bitswap/node.ts', () => ({
  startNode: async () => ({
    handle: async (_: string, taking: Take) => {
      take = taking
    },
  }),
}))

const text = (bytes: Uint8Array = new Uint8Array()): string => Buffer.from(bytes).toString('hex')

test('a block that is asked for while the answer before it is on its way is given as well', async () => {
  const store = new Store()
  const cids = [await store.add(randomBytes(10)), await store.add(randomBytes(10))] as const
  await serveBlocks(store.reader, { listen: [], connectMs: 1000 })
  const given: string[] = []
  let arrive: (() => void) | undefined
  const reply = {
    isOpen: true,
    send: async bytes => {
      // Behind its length, of one byte here.
      for (const block of parseMessage(bytes.subarray(1))?.blocks ?? []) given.push(text(block))
      if (given.length === 1) await new Promise<void>(resolve => (arrive = resolve))
    },
    close: async () => {},
    abort() {},
  } as Partial<PeerStream> as PeerStream
  const connection = {
    peer: 'one',
    isOpen: true,
    open: async () => reply,
    onClose() {},
  } as Partial<PeerConnection>
  const ask = (cid: (typeof cids)[number]): void => {
    const want = { cid, cancel: false, presence: false, sayAbsent: true }
    const question = (async function* () {
      yield framed(formatMessage({ wants: [want] }))
    })()
    take(Object.assign(question, { close: async () => {} }) as never, connection as PeerConnection)
  }
  ask(cids[0])
  await vi.waitUntil(() => arrive)
  ask(cids[1])
  await new Promise(resolve => setTimeout(resolve, 50))
  arrive?.()
  await vi.waitFor(() => expect(given).toEqual(cids.map(cid => text(store.blocks.get(digestOf(cid))))))
})
