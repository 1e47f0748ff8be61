import { constants } from 'node:fs'
import { type FileHandle, open, statfs } from 'node:fs/promises'
import { afterFirst } from '../../core/after-first.ts'
import { anyAborted } from '../../core/any-aborted.ts'
import type { Env } from '../../core/env.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type Guise, guiseOf, readAnswer } from '../http/answer.ts'
import type { Network } from '../http/download.ts'
import { connectionFailure, type Failure, fileFault } from '../http/failure.ts'
import { ask, drop } from '../http/http.ts'
import { Watch } from '../http/watch.ts'
import type { IpfsReader } from './ipfs.ts'
import type { Origin } from './origin.ts'
import type { Reply } from './registry.ts'

interface Question {
  readonly origin: Origin
  /** How many bytes of the source are here. */
  readonly have: number
  /** From which one on it is asked for: none, or those that are here. */
  readonly from: number
  /** What the source is called. */
  readonly file: string
  /** A strong ETag of an earlier answer of the same place: it says whether the bytes kept are still of that file. */
  readonly etag?: string | undefined
  /** Aborted when another place is quicker. */
  readonly signal: AbortSignal
}

/** What all questions of a run share. */
export interface Asking extends Network {
  readonly store: string
  /** Loads what reads sources by CID; one for the run. */
  readonly ipfs: () => Promise<IpfsReader>
  /** For the passwords of registries. */
  readonly env: Env
}

/** A place that has begun to give a source: its first bytes are there. */
export interface Opening {
  /** Where its bytes begin: at the first of the source, or after those that are here. */
  readonly from: number
  /** The length that the place tells. */
  readonly total?: number | undefined
  /** How many bytes of the source may be here in the end: as promised, or else as much as is sane and the disk holds. */
  readonly limit: number
  readonly etag?: string | undefined
  readonly guise?: Guise | undefined
  readonly body: AsyncIterable<Uint8Array>
  /** Ends the body of one that no longer moves. */
  readonly watch?: Watch
  /** What the body throws, after `have` bytes of the source are here. */
  failureOf(error: unknown, have: number): Failure
  close(): Promise<void>
}

/** Asks one place once. */
export async function openPlace(question: Question, run: Asking): Promise<Result<Opening, Failure>> {
  const { origin } = question
  if (origin.kind === 'tree') return openFile(question, run, origin.path)
  if (origin.kind === 'ipfs') return openCid(question, run, origin.cid)
  const url = new URL(origin.url)
  if (url.protocol === 'file:') return openFile(question, run, url)
  if (url.protocol === 'ftp:') return refuse({ kind: 'scheme', scheme: 'ftp' })
  return openUrl(question, run, origin.url)
}

/** A url may name no file at all, as one with an escaped slash: node says so when it is opened. */
async function openFile(
  question: Question,
  run: Asking,
  path: string | URL,
): Promise<Result<Opening, Failure>> {
  let file: FileHandle | undefined
  const failureOf = (error: unknown): Failure => ({ kind: 'file', why: fileFault(error) })
  const close = async (): Promise<void> => file?.close()
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK) // a fifo would wait for its writer
    const stat = await file.stat()
    const limit: Result<number, Failure> = stat.isFile()
      ? await limitOf(question, run, stat.size)
      : refuse({ kind: 'file', why: 'it is not a file' })
    if (!limit.ok) {
      await close()
      return limit
    }
    const body = file.createReadStream({ highWaterMark: 1 << 20, autoClose: false })
    return ok({ from: 0, total: stat.size, limit: limit.value, body, failureOf, close })
  } catch (error) {
    await close()
    return refuse(failureOf(error))
  }
}

async function openUrl(question: Question, run: Asking, url: string): Promise<Result<Opening, Failure>> {
  const watch = new Watch(run.limits.idleMs)
  let total: number | undefined
  let begun = false
  const failureOf = (error: unknown, have: number): Failure => {
    if (watch.stalled) return { kind: 'stalled', have, seconds: watch.seconds }
    if (begun && have > 0) return { kind: 'cut', have, ...(total === undefined ? {} : { total }) }
    return connectionFailure(error)
  }
  return watched(question, watch, failureOf, async signal => {
    const answer = await askPlace(question, run, url, signal)
    if (!answer.ok) return answer
    const response = answer.value
    const meaning = readAnswer(response.statusCode, response.headers, question.from)
    if (meaning.kind === 'refused') {
      response.drop()
      return refuse(meaning.failure)
    }
    const close = async (): Promise<void> => {
      watch.end()
      response.drop()
    }
    total = meaning.kind === 'complete' ? question.from : meaning.total
    begun = true
    const limit = await limitOf(question, run, total)
    if (!limit.ok) {
      response.drop()
      return limit
    }
    const opening = { limit: limit.value, total, watch, failureOf, close }
    if (meaning.kind === 'complete') return ok({ ...opening, from: question.from, body: nothing() })
    const body = await afterFirst(response.body)
    const { etag } = meaning
    const guise = guiseOf(response.headers, question.file)
    return ok({ ...opening, from: meaning.kind === 'whole' ? 0 : question.from, etag, guise, body })
  })
}

/** By CID: blocks from whoever has them, from the one on where the bytes end. */
async function openCid(question: Question, run: Asking, cid: string): Promise<Result<Opening, Failure>> {
  const { from } = question
  const ipfs = await run.ipfs()
  const watch = new Watch(run.limits.idleMs)
  const failureOf = (error: unknown, have: number): Failure =>
    watch.stalled ? { kind: 'stalled', have, seconds: watch.seconds } : ipfs.failureOf(error)
  return watched(question, watch, failureOf, async signal => {
    const opened = await ipfs.open(cid, from, signal)
    if (!opened.ok) return watch.stalled ? refuse(failureOf(undefined, from)) : opened
    const { size: total } = opened.value
    if (from > total) return refuse({ kind: 'range', why: 'it is shorter than what was here before' })
    const limit = await limitOf(question, run, total)
    if (!limit.ok) return limit
    const body = await afterFirst(opened.value.body)
    const close = async (): Promise<void> => {
      watch.abort()
      await opened.value.body[Symbol.asyncIterator]().return?.()
    }
    return ok({ from, total, limit: limit.value, body, watch, failureOf, close })
  })
}

/** The watch goes on where the place is opened, for its body. */
async function watched(
  { signal, have }: Question,
  watch: Watch,
  failureOf: Opening['failureOf'],
  open: (signal: AbortSignal) => Promise<Result<Opening, Failure>>,
): Promise<Result<Opening, Failure>> {
  let opened: Result<Opening, Failure>
  try {
    opened = await open(anyAborted(signal, watch.signal))
  } catch (error) {
    opened = refuse(failureOf(error, have))
  }
  if (!opened.ok) watch.abort()
  return opened
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function askPlace(
  question: Question,
  { dispatcher, limits, env }: Asking,
  url: string,
  signal: AbortSignal,
): Promise<Result<Reply, Failure>> {
  const asking = { dispatcher, limits, signal }
  if (question.origin.kind === 'oci') {
    const { askRegistry } = await import('./registry.ts')
    return askRegistry(url, rangeHeaders(question), { ...asking, env })
  }
  const answer = await ask(url, rangeHeaders(question), asking)
  return answer.ok ? ok({ ...answer.value, drop: () => drop(answer.value) }) : answer
}

const rangeHeaders = ({ from, etag }: Question): Record<string, string> =>
  from === 0 ? {} : { range: `bytes=${from}-`, ...(etag ? { 'if-range': etag } : {}) }

/** See `limit` of Opening. */
async function limitOf(
  { have }: Question,
  { store, limits }: Asking,
  total: number | undefined,
): Promise<Result<number, Failure>> {
  if (total !== undefined && total > limits.maxBytes)
    return refuse({ kind: 'endless', limit: limits.maxBytes })
  const { bavail, bsize } = await statfs(store)
  const free = Math.max(0, bavail * bsize - limits.reserveBytes)
  // Those that are here are kept, or make room for the new ones.
  if (total !== undefined && total - have > free) return refuse({ kind: 'room', needs: total - have, free })
  return ok(total ?? Math.min(limits.maxBytes, have + free))
}
