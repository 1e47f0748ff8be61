import type { Dispatcher } from 'undici'
import { anyAborted } from '../../core/any-aborted.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { connectionFailure, type Failure } from './failure.ts'
import { ask, drop, type Response } from './http.ts'
import type { Limits } from './limits.ts'
import { Watch } from './watch.ts'

/** What a question over HTTP needs. */
export interface Network {
  readonly dispatcher: Dispatcher
  readonly limits: Limits
}

/** The body of an answer, which has to be small; nothing of a longer one is kept. */
export function download(
  url: string,
  accept: string,
  most: number,
  network: Network,
  signal: AbortSignal,
): Promise<Result<Uint8Array, Failure>> {
  return watched(network.limits, signal, async watch => {
    const asking = { ...network, signal: watch.both }
    const answer = await ask(url, { accept }, asking)
    return answer.ok ? bodyOf(answer.value, most, watch.moved) : answer
  })
}

/** A whole body in memory. */
export async function bodyOf(
  response: Response,
  most: number,
  moved: (bytes: number) => void,
): Promise<Result<Uint8Array, Failure>> {
  if (response.statusCode !== 200) {
    drop(response)
    return refuse({ kind: 'status', status: response.statusCode })
  }
  return bytesOf(response, most, moved)
}

/** The same, whatever the status is. */
export async function bytesOf(
  response: Response,
  most: number,
  moved: (bytes: number) => void,
): Promise<Result<Uint8Array, Failure>> {
  const chunks: Uint8Array[] = []
  let have = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    have += chunk.length
    if (have > most) {
      drop(response)
      return refuse({ kind: 'endless', limit: most })
    }
    moved(chunk.length)
    chunks.push(chunk)
  }
  const total = Number(response.headers['content-length'] ?? have)
  return have < total ? refuse({ kind: 'cut', have, total }) : ok(Buffer.concat(chunks))
}

interface Watching {
  /** Aborted when the caller leaves, and when nothing moves. */
  readonly both: AbortSignal
  readonly moved: (bytes: number) => void
}

/** Does something that a stalled connection or the caller's signal ends; what is thrown becomes a failure. */
export async function watched<Value>(
  limits: Limits,
  signal: AbortSignal,
  work: (watch: Watching) => Promise<Result<Value, Failure>>,
): Promise<Result<Value, Failure>> {
  const watch = new Watch(limits.idleMs)
  let have = 0
  try {
    const moved = (bytes: number): void => {
      have += bytes
      watch.moved(bytes)
    }
    return await work({ both: anyAborted(signal, watch.signal), moved })
  } catch (error) {
    if (watch.stalled) return refuse({ kind: 'stalled', have, seconds: limits.idleMs / 1000 })
    return refuse(connectionFailure(error))
  } finally {
    watch.end()
  }
}
