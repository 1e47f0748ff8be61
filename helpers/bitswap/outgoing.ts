import { unlessAborted } from '../../core/unless-aborted.ts'
import { framed, PROTOCOL } from './message.ts'
import type { PeerConnection, PeerStream } from './node.ts'

/**
 * What one peer is told over a connection: in one stream for a while, as to open one takes longer than to send a block
 * in it. Peers close one in which nothing was said for long.
 */
export class Outgoing {
  readonly #connection: PeerConnection
  #stream: Promise<PeerStream> | undefined
  #saidAt = 0

  constructor(connection: PeerConnection) {
    this.#connection = connection
  }

  get isOpen(): boolean {
    return this.#connection.isOpen
  }

  /** Waits while the peer does not read. */
  async send(message: Uint8Array, signal: AbortSignal): Promise<void> {
    const stream = await unlessAborted(this.#open(), signal)
    await stream.send(framed(message), signal)
  }

  /** Leaves what the peer has not read. */
  abort(): void {
    this.#stream?.then(
      stream => stream.abort(),
      () => {},
    )
    this.#stream = undefined
  }

  async #open(): Promise<PeerStream> {
    const before = this.#stream
    const stream = await before?.catch(() => undefined)
    const now = performance.now()
    const isFresh = now - this.#saidAt < QUIET_MS
    this.#saidAt = now
    if (stream?.isOpen && isFresh) return stream
    if (this.#stream === before) {
      stream?.close(AbortSignal.timeout(CLOSE_MS)).catch(() => stream.abort())
      this.#stream = this.#connection.open(PROTOCOL, AbortSignal.timeout(OPEN_MS))
    }
    return this.#stream as Promise<PeerStream>
  }
}

/** The shortest time after which known peers close a quiet stream is 10 s. */
const QUIET_MS = 5000

/** Who asks leaves sooner, if he is not patient. */
const OPEN_MS = 60_000

const CLOSE_MS = 5000
