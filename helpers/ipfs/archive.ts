import { CarBlockIterator } from '@ipld/car'
import type { CID } from 'multiformats/cid'
import { ok, type Result } from '../../core/result.ts'
import { type BlockPlace, type Blocks, blockFault, MAX_BLOCK_BYTES } from '../block/block.ts'
import { digestOf } from '../block/cid.ts'
import type { IpfsFailure } from '../block/failure.ts'
import type { Failure } from '../http/failure.ts'
import type { Block } from './car.ts'
import type { Places } from './places.ts'

/**
 * The blocks of one file: from an archive (CAR) of the place that answers best, which is one question for
 * all of them, and one by one whatever the archive does not hold. It is left at its first false block.
 */
export class ArchivedBlocks implements Blocks {
  readonly #root: CID
  readonly #from: number
  readonly #places: Places
  readonly #idleMs: number
  readonly #ending = new AbortController()
  /** Blocks that came before they were asked for. */
  readonly #kept = new Map<string, Uint8Array>()
  #stream: AsyncIterator<Block> | undefined
  #place: BlockPlace | undefined
  #state: 'new' | 'open' | 'over' = 'new'
  #turn: Promise<unknown> = Promise.resolve()

  /** `from` is the first byte of the file that is wanted. */
  constructor(root: CID, from: number, places: Places, idleMs: number) {
    this.#root = root
    this.#from = from
    this.#places = places
    this.#idleMs = idleMs
  }

  async get(cid: CID, signal: AbortSignal): Promise<Result<Uint8Array, IpfsFailure>> {
    // The race for the first block tells which place answers best.
    if (digestOf(cid) === digestOf(this.#root)) return this.#places.get(cid, signal)
    const turn = this.#turn.then(() => this.#take(digestOf(cid)))
    this.#turn = turn
    const block = await turn
    return block ? ok(block) : this.#places.get(cid, signal)
  }

  close(): void {
    this.#state = 'over'
    this.#ending.abort()
    this.#stream = undefined
    this.#kept.clear()
  }

  async #take(digest: string): Promise<Uint8Array | undefined> {
    const kept = this.#kept.get(digest)
    if (kept) {
      this.#kept.delete(digest)
      return kept
    }
    if (this.#state === 'new') await this.#open()
    while (this.#stream) {
      const next = await this.#next(this.#stream)
      if (!next) return this.#leave()
      const { cid, bytes } = next
      const fault = blockFault(cid, bytes)
      if (fault) return this.#leave(fault)
      const got = digestOf(cid)
      if (got === digest) return bytes
      if (this.#kept.size >= MOST_KEPT) return this.#leave()
      if (got !== digestOf(this.#root)) this.#kept.set(got, bytes)
    }
    return undefined
  }

  async #open(): Promise<void> {
    // A place that makes none is asked block by block: another one, which was slower, would only keep the reader waiting.
    this.#place = this.#places.usable[0]
    const asked = this.#place?.archive?.(this.#root, this.#from, this.#ending.signal)
    const answer = asked && (await this.#inTime(asked))
    if (this.#state === 'over') return
    if (!answer?.ok) return this.#leave()
    this.#state = 'open'
    const meter = new Meter(answer.value)
    try {
      const blocks = await this.#inTime(CarBlockIterator.fromIterable(meter))
      if (blocks) this.#stream = meter.following(blocks)
      else this.#leave()
    } catch {
      this.#leave()
    }
  }

  async #next(stream: AsyncIterator<Block>) {
    try {
      const next = await this.#inTime(stream.next())
      return next && !next.done ? next.value : undefined
    } catch {
      return undefined // cut, or no archive at all: block by block it goes on
    }
  }

  /** What a promise gives, unless it takes longer than a connection may stand still. */
  async #inTime<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>(resolve => {
      timer = setTimeout(resolve, Math.min(this.#idleMs, PATIENCE_MS), undefined)
    })
    promise.catch(() => {})
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }

  #leave(fault?: Failure): undefined {
    if (fault && this.#place) this.#places.blame(this.#place, fault)
    this.#state = 'over'
    this.#stream = undefined
    this.#ending.abort()
    return undefined
  }
}

/** Bounds what a reader of an archive holds: the format lets a sender promise blocks of any size. */
class Meter implements AsyncIterable<Uint8Array> {
  readonly #bytes: AsyncIterable<Uint8Array>
  #since = 0

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#bytes = bytes
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#bytes) {
      this.#since += chunk.length
      if (this.#since > 2 * MAX_BLOCK_BYTES) throw new Error('an archive with a block that is too large')
      yield chunk
    }
  }

  async *following<Block>(blocks: AsyncIterable<Block>): AsyncGenerator<Block> {
    for await (const block of blocks) {
      this.#since = 0
      yield block
    }
  }
}

/** Blocks of 256 KiB: 16 MiB. */
const MOST_KEPT = 64

/** Single blocks are asked for when an archive takes longer for its next one. */
const PATIENCE_MS = 5000
