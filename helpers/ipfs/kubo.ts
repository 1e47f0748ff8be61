import { randomUUID } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import type { CID } from 'multiformats/cid'
import { Agent, request } from 'undici'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type BlockPlace, blockFault, MAX_BLOCK_BYTES } from '../block/block.ts'
import { bodyOf, watched } from '../http/download.ts'
import type { Failure } from '../http/failure.ts'
import { AHEAD_BYTES } from '../http/http.ts'
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

/** `agent` is not that of the sources: no proxy stands between a user and a daemon. */
export function kubo(url: string, limits: Limits): Kubo {
  const agent = new Agent({ connect: { timeout: limits.connectMs }, headersTimeout: 0, bodyTimeout: 0 })
  const call = (
    command: string,
    most: number,
    signal: AbortSignal,
    file?: AsyncIterable<Uint8Array> | readonly Uint8Array[],
    patience: Limits = limits,
  ) =>
    watched(patience, signal, async ({ both, moved }) => {
      const boundary = randomUUID()
      const answer = await request(`${url}/api/v0/${command}`, {
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
      return bodyOf(answer, most, moved)
    })
  return {
    name: `the daemon at ${new URL(url).host}`,
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
      const patience = { ...limits, idleMs: Math.max(limits.idleMs, ADD_MS) }
      const got = await call(ADD, ANSWER_BYTES, signal, createReadStream(path), patience)
      if (!got.ok) return got
      const answer = lastLine(got.value) as { readonly Hash?: unknown } | undefined
      return typeof answer?.Hash === 'string' ? ok(answer.Hash) : refuse(NO_ANSWER)
    },
    async putRecord(name, record, signal) {
      const got = await call(`routing/put?arg=/ipns/${name}`, ANSWER_BYTES, signal, [record])
      return got.ok ? ok(undefined) : got
    },
    close: () => agent.destroy(),
  }
}

/** The options that make the CID the one that is computed here. */
const ADD =
  'add?pin=true&cid-version=0&raw-leaves=false&chunker=size-262144&hash=sha2-256&quieter=true&progress=false'

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

/** A daemon answers when it has read and pinned the whole file. */
const ADD_MS = 600_000

const ANSWER_BYTES = 2 ** 20
