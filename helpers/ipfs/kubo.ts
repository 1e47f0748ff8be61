import { openAsBlob } from 'node:fs'
import { basename } from 'node:path'
import type { CID } from 'multiformats/cid'
import { Agent, FormData, request } from 'undici'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Failure } from '../fetch/failure.ts'
import type { Limits } from '../fetch/limits.ts'
import { type BlockPlace, blockFault, MAX_BLOCK_BYTES } from './block.ts'
import { bodyOf, watched } from './download.ts'
import type { RecordPlace } from './name.ts'

/** A daemon of the user, spoken to by kubo's RPC. Blocks and records from it are verified as those of strangers. */
export interface Kubo extends BlockPlace, RecordPlace {
  /** Adds a file or the files of a folder and pins it; answers the CID that the daemon gave it. */
  add(path: string, signal: AbortSignal): Promise<Result<string, Failure>>
  /** Publishes a signed record of an IPNS name. */
  putRecord(name: string, record: Uint8Array, signal: AbortSignal): Promise<Result<void, Failure>>
  close(): Promise<void>
}

/** `agent` is not that of the sources: no proxy stands between a user and a daemon. */
export function kubo(url: string, limits: Limits): Kubo {
  const agent = new Agent({ connect: { timeout: limits.connectMs }, headersTimeout: 0, bodyTimeout: 0 })
  const call = (command: string, most: number, signal: AbortSignal, body?: FormData) =>
    watched(limits, signal, async ({ both, moved }) =>
      bodyOf(
        await request(`${url}/api/v0/${command}`, {
          method: 'POST', // all commands are, lest a web page start one
          dispatcher: agent,
          signal: both,
          headers: { 'user-agent': 'coolports' },
          ...(body ? { body } : {}),
        }),
        most,
        moved,
      ),
    )
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
      const body = new FormData()
      body.append('file', await openAsBlob(path), basename(path))
      const options = 'pin=true&cid-version=0&raw-leaves=false&chunker=size-262144&hash=sha2-256&quieter=true'
      const patient = { ...limits, idleMs: Math.max(limits.idleMs, ADD_MS) }
      const got = await watched(patient, signal, async ({ both, moved }) =>
        bodyOf(
          await request(`${url}/api/v0/add?${options}`, {
            method: 'POST',
            dispatcher: agent,
            signal: both,
            body,
          }),
          ANSWER_BYTES,
          moved,
        ),
      )
      if (!got.ok) return got
      const answer = lastLine(got.value) as { readonly Hash?: unknown } | undefined
      return typeof answer?.Hash === 'string' ? ok(answer.Hash) : refuse(NO_ANSWER)
    },
    async putRecord(name, record, signal) {
      const body = new FormData()
      body.append('value-file', new Blob([new Uint8Array(record)]), 'record')
      const got = await call(`routing/put?arg=/ipns/${name}`, ANSWER_BYTES, signal, body)
      return got.ok ? ok(undefined) : got
    },
    close: () => agent.destroy(),
  }
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
