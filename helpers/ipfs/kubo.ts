import { randomUUID } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { CID } from 'multiformats/cid'
import { Agent, request } from 'undici'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type BlockPlace, blockFault, MAX_BLOCK_BYTES } from '../block/block.ts'
import { bodyOf, bytesOf, watched } from '../http/download.ts'
import type { Failure } from '../http/failure.ts'
import { AHEAD_BYTES, type Response } from '../http/http.ts'
import type { Limits } from '../http/limits.ts'
import type { RecordPlace } from './name.ts'

/** A daemon of the user, spoken to by kubo's RPC. Blocks and records from it are verified as those of strangers. */
export interface Kubo extends BlockPlace, RecordPlace {
  /** Adds a file and pins it; answers the CID that the daemon gave it. */
  add(path: string, signal: AbortSignal): Promise<Result<string, Failure>>
  /** Publishes a signed record of an IPNS name. */
  putRecord(name: string, record: Uint8Array, signal: AbortSignal): Promise<Result<void, Failure>>
  close(): Promise<void>
}

/**
 * `url` is that of its RPC, or `unix:` and the path of a socket. `agent` is not that of the sources: no proxy stands
 * between a user and a daemon.
 */
export function kubo(url: string, limits: Limits): Kubo {
  const socketPath = url.startsWith('unix:') ? url.slice('unix:'.length) : undefined
  const base = socketPath === undefined ? url : 'http://localhost'
  const connect = { timeout: limits.connectMs, ...(socketPath === undefined ? {} : { socketPath }) }
  const agent = new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 })
  const done = { ...limits, idleMs: Math.max(limits.idleMs, DONE_MS) }
  const call = (
    command: string,
    most: number,
    signal: AbortSignal,
    file?: AsyncIterable<Uint8Array> | readonly Uint8Array[],
    patience: Limits = limits,
  ) =>
    watched(patience, signal, async ({ both, moved }) => {
      const boundary = randomUUID()
      const answer = await request(`${base}/api/v0/${command}`, {
        method: 'POST', // all commands are, lest a web page start one
        dispatcher: agent,
        signal: both,
        highWaterMark: AHEAD_BYTES,
        headers: {
          'user-agent': 'coolports',
          ...(file ? { 'content-type': `multipart/form-data; boundary=${boundary}` } : {}),
        },
        ...(file ? { body: Readable.from(formOf(file, boundary)) } : {}),
      })
      return answer.statusCode === 200 ? bodyOf(answer, most, moved) : refuse(await refusalOf(answer, moved))
    })
  return {
    name: `the daemon at ${socketPath ?? new URL(url).host}`,
    async block(cid: CID, signal) {
      const got = await call(`block/get?arg=${cid}`, MAX_BLOCK_BYTES, signal)
      const fault = got.ok ? blockFault(cid, got.value) : undefined
      return fault ? refuse(fault) : got
    },
    async record(name, most, signal) {
      const got = await call(`routing/get?arg=/ipns/${name}`, 4 * most, signal)
      return got.ok ? recordIn(got.value) : got
    },
    async add(path, signal) {
      if (!statSync(path, { throwIfNoEntry: false })?.isFile())
        return refuse({ kind: 'file', why: 'there is no such file' })
      const got = await call(ADD, ANSWER_BYTES, signal, createReadStream(path), done)
      if (!got.ok) return got
      const answer = lastLine(got.value) as { readonly Hash?: unknown } | undefined
      return typeof answer?.Hash === 'string' ? ok(answer.Hash) : refuse(NO_ANSWER)
    },
    async putRecord(name, record, signal) {
      const got = await call(`routing/put?arg=/ipns/${name}`, ANSWER_BYTES, signal, [record], done)
      return got.ok ? ok(undefined) : got
    },
    close: () => agent.destroy(),
  }
}

/** The options that make the CID the one that is computed here, whatever the daemon is set to (`Import`). */
const ADD =
  'add?pin=true&cid-version=0&raw-leaves=false&chunker=size-262144&max-file-links=174&trickle=false&hash=sha2-256&quieter=true&progress=false'

/** One file as multipart/form-data (RFC 7578), streamed. The daemon goes by its place, not by its name. */
async function* formOf(
  file: AsyncIterable<Uint8Array> | readonly Uint8Array[],
  boundary: string,
): AsyncGenerator<Uint8Array> {
  const head =
    'Content-Disposition: form-data; name="file"; filename="file"\r\nContent-Type: application/octet-stream'
  yield Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`)
  yield* file
  yield Buffer.from(`\r\n--${boundary}--\r\n`)
}

/** Of the answers, one a line, that a question to the network gives: the one with the value (type 5), in base64. */
function recordIn(bytes: Uint8Array): Result<Uint8Array, Failure> {
  for (const line of Buffer.from(bytes).toString('utf8').split('\n')) {
    const answer = parsed(line) as { readonly Type?: unknown; readonly Extra?: unknown } | undefined
    if (answer?.Type === 5 && typeof answer.Extra === 'string') return ok(Buffer.from(answer.Extra, 'base64'))
  }
  return refuse(NO_ANSWER)
}

/** A daemon answers every trouble with 500 and says what it is, as `{"Message":"..."}`. */
async function refusalOf(answer: Response, moved: (bytes: number) => void): Promise<Failure> {
  const got = await bytesOf(answer, ANSWER_BYTES, moved)
  const said = got.ok && (lastLine(got.value) as { readonly Message?: unknown } | undefined)?.Message
  const words = typeof said === 'string' && said !== '' ? { said: said.slice(0, MOST_WORDS) } : {}
  return { kind: 'status', status: answer.statusCode, ...words }
}

const lastLine = (bytes: Uint8Array): unknown =>
  parsed(Buffer.from(bytes).toString('utf8').trim().split('\n').at(-1) ?? '')

function parsed(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const NO_ANSWER: Failure = { kind: 'file', why: 'an answer that is none' }

/**
 * A daemon answers when it has read and pinned the whole file, or when the network has a record, for which it waits
 * 10 s for each peer that is gone, in several rounds.
 */
const DONE_MS = 600_000

const ANSWER_BYTES = 2 ** 20

/** Of what a daemon says, in characters. */
const MOST_WORDS = 300
