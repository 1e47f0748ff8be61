import type { CID } from 'multiformats/cid'
import { sha256 } from '../../core/digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Failure } from '../http/failure.ts'
import { MAX_BLOCK_BYTES } from '../ipfs/block.ts'
import { digestOf } from '../ipfs/cid.ts'
import { framesOf } from './frames.ts'
import { formatMessage, framed, MAX_MESSAGE_BYTES, PROTOCOL, parseMessage } from './message.ts'
import type { PeerConnection, PeerStream } from './node.ts'

type Answer = Result<Uint8Array, Failure>

interface Waiting {
  readonly answer: (answer: Answer) => void
  readonly moved: (bytes: number) => void
}

/**
 * What is asked of one peer and comes of it, over whatever connection and streams: blocks come in streams that the
 * peer opens, and in any order. One who sends a block that he was not asked for, or a longer message than there
 * is, is not listened to any more.
 */
export class Conversation {
  #connection: PeerConnection
  #sending: Promise<PeerStream> | undefined
  #sentAt = 0
  readonly #waiting = new Map<string, Set<Waiting>>()
  /** By digest, those that others gave first among them: they may still come. */
  readonly #asked = new Set<string>()
  #fault: Failure | undefined

  constructor(connection: PeerConnection) {
    this.#connection = connection
    this.goOnOver(connection)
  }

  /** Whether there is no use in another connection. */
  get isOpen(): boolean {
    return this.#fault !== undefined || this.#connection.isOpen
  }

  goOnOver(connection: PeerConnection): void {
    if (connection !== this.#connection) this.#sending = undefined
    this.#connection = connection
    connection.onClose(() => {
      if (connection === this.#connection) this.#answerAll(refuse(CLOSED))
    })
  }

  /** Asks for a block; `moved` is told of all that the peer sends meanwhile. */
  async want(cid: CID, signal: AbortSignal, moved: Waiting['moved']): Promise<Answer> {
    if (this.#fault) return refuse(this.#fault)
    const digest = digestOf(cid)
    const waiting = this.#waiting.get(digest) ?? new Set()
    this.#waiting.set(digest, waiting)
    this.#asked.add(digest)
    let own: Waiting | undefined
    const answered = new Promise<Answer>(answer => {
      own = { answer, moved }
      waiting.add(own)
    })
    try {
      const want = { cid, cancel: false, presence: false, sayAbsent: true }
      await this.#tell(formatMessage({ wants: [want] }), signal)
      return await unlessAborted(answered, signal)
    } finally {
      if (own) waiting.delete(own)
      if (waiting.size === 0 && this.#waiting.get(digest) === waiting) {
        this.#waiting.delete(digest)
        const cancel = { cid, cancel: true, presence: false, sayAbsent: false }
        this.#tell(formatMessage({ wants: [cancel] }), AbortSignal.timeout(CLOSE_MS)).catch(() => {})
      }
    }
  }

  /** Takes what comes in a stream that the peer opened. */
  async read(stream: PeerStream): Promise<void> {
    try {
      for await (const frame of framesOf(this.#counted(stream), MAX_MESSAGE_BYTES)) {
        const message = frame.ok ? parseMessage(frame.value) : undefined
        if (!message) return this.#leave(frame.ok ? NO_ANSWER : frame.error)
        for (const block of message.blocks) this.#take(block)
        for (const { cid, has } of message.presences)
          if (!has) this.#answer(digestOf(cid), refuse({ kind: 'nothing' }))
      }
      await stream.close(AbortSignal.timeout(CLOSE_MS))
    } catch {
      stream.abort() // it broke; what was to come in it is missed soon enough
    }
  }

  async *#counted(stream: PeerStream): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream) {
      for (const waiting of this.#waiting.values()) for (const { moved } of waiting) moved(chunk.length)
      yield chunk
    }
  }

  #take(block: Uint8Array): void {
    const got = sha256(block)
    if (block.length > MAX_BLOCK_BYTES) this.#leave({ kind: 'endless', limit: MAX_BLOCK_BYTES })
    else if (!this.#asked.has(got)) this.#leave({ kind: 'digest', got, bytes: block.length })
    else this.#answer(got, ok(block))
  }

  #leave(fault: Failure): void {
    this.#fault = fault
    this.#answerAll(refuse(fault))
    this.#connection.abort()
  }

  #answer(digest: string, answer: Answer): void {
    const waiting = this.#waiting.get(digest)
    this.#waiting.delete(digest)
    for (const one of waiting ?? []) one.answer(answer)
  }

  #answerAll(answer: Answer): void {
    for (const digest of [...this.#waiting.keys()]) this.#answer(digest, answer)
  }

  async #tell(message: Uint8Array, signal: AbortSignal): Promise<void> {
    const stream = await unlessAborted(this.#stream(), signal)
    await stream.send(framed(message), signal)
  }

  /** One stream for the questions of a while: peers close one in which nothing was said for long. */
  async #stream(): Promise<PeerStream> {
    const before = this.#sending
    const stream = await before?.catch(() => undefined)
    const now = performance.now()
    const isFresh = now - this.#sentAt < QUIET_MS
    this.#sentAt = now
    if (stream?.isOpen && isFresh) return stream
    if (this.#sending === before) {
      stream?.close(AbortSignal.timeout(CLOSE_MS)).catch(() => stream.abort())
      this.#sending = this.#connection.open(PROTOCOL, AbortSignal.timeout(OPEN_MS))
    }
    return this.#sending as Promise<PeerStream>
  }
}

/** What a promise gives, unless the signal comes first. What it gives then is nobody's. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error)
    if (signal.aborted) leave()
    signal.addEventListener('abort', leave, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}

const CLOSED: Failure = { kind: 'connection', code: 'UND_ERR_SOCKET', detail: '' }

const NO_ANSWER: Failure = { kind: 'file', why: 'an answer that is none' }

/** The shortest time after which known peers close a quiet stream is 10 s. */
const QUIET_MS = 5000

/** Who asks leaves sooner, if he is not patient. */
const OPEN_MS = 60_000

const CLOSE_MS = 5000
