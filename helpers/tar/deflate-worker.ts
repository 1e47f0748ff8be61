import { parentPort } from 'node:worker_threads'
import { deflated } from './deflate.ts'

// A thread of deflate.ts: the answer to a block is what it deflates to.
parentPort?.on('message', (block: Uint8Array) => {
  const body = deflated(block)
  parentPort?.postMessage(body, [body.buffer as ArrayBuffer])
})
