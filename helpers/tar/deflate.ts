import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { deflateSync } from 'fflate'
import { treeRoot } from '../../core/store.ts'

/** Of fflate's levels the fastest that makes packages as small as zlib's 6 does. */
const LEVEL = 4

/**
 * `block` as raw deflate data (RFC 1951), the same on every machine: fflate comes with the tree, while node's zlib makes
 * other bytes in other versions of node.
 */
export const deflated = (block: Uint8Array): Uint8Array => deflateSync(block, { level: LEVEL })

/** The same in threads, which start when there is work for them and last until the end. */
export class Deflater {
  readonly #threads: Worker[] = []
  readonly #idle: Worker[] = []
  readonly #waiting: Job[] = []

  deflate(block: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ block, resolve, reject })
      const thread = this.#idle.pop() ?? this.#start()
      if (thread) this.#next(thread)
    })
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map(thread => thread.terminate()))
  }

  #start(): Worker | undefined {
    if (this.#threads.length >= availableParallelism()) return undefined
    const thread = new Worker(join(treeRoot(), 'dist/deflate.js'))
    this.#threads.push(thread)
    return thread
  }

  #next(thread: Worker): void {
    const job = this.#waiting.shift()
    if (!job) return void this.#idle.push(thread)
    thread.once('error', job.reject)
    thread.once('message', (body: Uint8Array) => {
      thread.off('error', job.reject)
      job.resolve(body)
      this.#next(thread)
    })
    thread.postMessage(job.block)
  }
}

interface Job {
  readonly block: Uint8Array
  readonly resolve: (body: Uint8Array) => void
  readonly reject: (error: Error) => void
}
