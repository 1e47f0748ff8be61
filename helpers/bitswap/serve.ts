import type { CID } from 'multiformats/cid'
import type { Blocks } from '../block/block.ts'
import { digestOf } from '../block/cid.ts'
import { framesOf } from './frames.ts'
import { formatMessage, MAX_MESSAGE_BYTES, PROTOCOL, parseMessage, type Want } from './message.ts'
import { type NodeOptions, type PeerConnection, type PeerNode, type PeerStream, startNode } from './node.ts'
import { Outgoing } from './outgoing.ts'

/** A node that gives blocks to peers who ask for them, and asks for none. */
export async function serveBlocks(blocks: Blocks, options: NodeOptions): Promise<PeerNode> {
  const node = await startNode(options)
  const customers = new Map<string, Customer>()
  await node.handle(PROTOCOL, (stream, connection) => {
    const { peer } = connection
    let customer = customers.get(peer)
    if (!customer) {
      const first = new Customer(blocks)
      customer = first
      customers.set(peer, first)
      connection.onClose(() => {
        if (customers.get(peer) === first) customers.delete(peer)
      })
    }
    void customer.read(stream, connection)
  })
  return node
}

/** What one peer wants, and has not got yet. */
class Customer {
  readonly #blocks: Blocks
  readonly #wants = new Map<string, Want>()
  /** Bytes of questions that have not come whole, in all streams. */
  #held = 0
  #isServed = false
  #answers: Outgoing | undefined

  constructor(blocks: Blocks) {
    this.#blocks = blocks
  }

  async read(stream: PeerStream, connection: PeerConnection): Promise<void> {
    let held = 0
    const hold = (bytes: number): void => {
      held += bytes
      this.#held += bytes
    }
    const isFull = (): boolean => this.#held > MOST_HELD_BYTES
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of stream) {
        hold(chunk.length)
        if (isFull()) connection.abort()
        else yield chunk
      }
    }
    try {
      for await (const frame of framesOf(counted(), MAX_MESSAGE_BYTES)) {
        hold(-held)
        const message = frame.ok ? parseMessage(frame.value) : undefined
        if (!message) {
          connection.abort()
          return
        }
        if (message.full) this.#wants.clear()
        for (const want of message.wants) this.#note(want)
        void this.#serve(connection)
      }
      await stream.close(patience())
    } catch {
      stream.abort() // it broke; what was asked in it is answered all the same
    } finally {
      hold(-held)
    }
  }

  #note(want: Want): void {
    const digest = digestOf(want.cid)
    if (want.cancel) this.#wants.delete(digest)
    else if (this.#wants.size < MOST_WANTS) this.#wants.set(digest, want)
  }

  async #serve(connection: PeerConnection): Promise<void> {
    if (this.#isServed) return
    this.#isServed = true
    const answers = this.#answers?.isOpen ? this.#answers : new Outgoing(connection)
    this.#answers = answers
    try {
      for (let want = this.#next(); want; want = this.#next()) {
        const message = await this.#answerTo(want)
        if (message) await answers.send(message, patience())
      }
    } catch {
      this.#wants.clear() // it is gone, or does not read
      answers.abort()
    } finally {
      this.#isServed = false
    }
  }

  /** In the order in which they came. */
  #next(): Want | undefined {
    const [first] = this.#wants
    if (!first) return undefined
    this.#wants.delete(first[0])
    return first[1]
  }

  async #answerTo({ cid, presence, sayAbsent }: Want): Promise<Uint8Array | undefined> {
    const bytes = await this.#block(cid)
    if (bytes && !presence) return formatMessage({ blocks: [{ cid, bytes }] })
    return bytes || sayAbsent ? formatMessage({ presences: [{ cid, has: bytes !== undefined }] }) : undefined
  }

  async #block(cid: CID): Promise<Uint8Array | undefined> {
    const got = await this.#blocks.get(cid, new AbortController().signal)
    return got.ok ? got.value : undefined
  }
}

/** A peer that takes nothing does not hold memory for ever. */
const patience = (): AbortSignal => AbortSignal.timeout(IDLE_MS)
const IDLE_MS = 120_000

/** As many wants of a peer are kept as others keep; of more it has to ask again. */
const MOST_WANTS = 1024

/** One of the longest questions and many short ones; there are 128 peers at most. */
const MOST_HELD_BYTES = 5 * 2 ** 20
