import type { CID } from 'multiformats/cid'
import { sha256 } from '../../core/digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { unlessAborted } from '../../core/unless-aborted.ts'
import { MAX_BLOCK_BYTES } from '../block/block.ts'
import { digestOf } from '../block/cid.ts'
import type { Failure } from '../http/failure.ts'
import { framesOf } from './frames.ts'
import { formatMessage, MAX_MESSAGE_BYTES, parseMessage } from './message.ts'
import type { PeerConnection, PeerStream } from './node.ts'
import { Outgoing } from './outgoing.ts'

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
  #telling: Outgoing
  readonly #waiting = new Map<string, Set<Waiting>>()
  /** By digest, those that others gave first among them: they may still come. */
  readonly #asked = new Set<string>()
  #fault: Failure | undefined

  constructor(connection: PeerConnection) {
    this.#connection = connection
    this.#telling = new Outgoing(connection)
    this.goOnOver(connection)
  }

  /** Whether there is no use in another connection. */
  get isOpen(): boolean {
    return this.#fault !== undefined || this.#connection.isOpen
  }

  goOnOver(connection: PeerConnection): void {
    if (connection !== this.#connection) this.#telling = new Outgoing(connection)
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
      await this.#telling.send(formatMessage({ wants: [want] }), signal)
      return await unlessAborted(answered, signal)
    } finally {
      if (own) waiting.delete(own)
      if (waiting.size === 0 && this.#waiting.get(digest) === waiting) {
        this.#waiting.delete(digest)
        const cancel = { cid, cancel: true, presence: false, sayAbsent: false }
        this.#telling.send(formatMessage({ wants: [cancel] }), AbortSignal.timeout(CLOSE_MS)).catch(() => {})
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
}

const CLOSED: Failure = { kind: 'connection', code: 'UND_ERR_SOCKET', detail: '' }

const NO_ANSWER: Failure = { kind: 'file', why: 'an answer that is none' }

const CLOSE_MS = 5000
