import { constants } from 'node:fs'
import { open, statfs } from 'node:fs/promises'
import type { Dispatcher } from 'undici'
import { ok, type Result, refuse } from '../../core/result.ts'
import { isPage, readAnswer } from '../http/answer.ts'
import { codeOf, connectionFailure, type Failure } from '../http/failure.ts'
import { ask, drop } from '../http/http.ts'
import { type Limits, SLOWEST, SLOWEST_OF_MANY } from '../http/limits.ts'
import { Watch } from '../http/watch.ts'
import type { IpfsReader } from './ipfs.ts'
import type { Origin } from './origin.ts'
import type { Part } from './part.ts'
import type { Reply } from './registry.ts'

export interface Transfer {
  readonly origin: Origin
  /** No other place is left to be asked. */
  readonly last: boolean
  /** All others were asked already; it may have been passed over before, as it was silent. */
  readonly again: boolean
  readonly part: Part
  /** What the source is called. */
  readonly file: string
  /** The length the fetch file promises. */
  readonly size?: number | undefined
  /** A strong ETag of an earlier answer of the same place: it says whether the bytes kept are still of that file. */
  readonly etag?: string | undefined
  readonly store: string
  readonly limits: Limits
  readonly dispatcher: Dispatcher
  readonly ipfs: () => Promise<IpfsReader>
  /** For the docker config. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly moved: (have: number, total: number | undefined) => void
  readonly answered: (etag: string | undefined) => void
}

/** How many of a part's bytes were there before: if its digest is wrong, those may be the wrong ones. */
export interface Kept {
  readonly kept: number
  /** The server called it a page. */
  readonly page?: boolean
}

/** Asks one place once, and appends what it gives to the part. */
export async function transfer(job: Transfer): Promise<Result<Kept, Failure>> {
  const { origin } = job
  if (origin.kind === 'tree') return copy(job, origin.path)
  if (origin.kind === 'ipfs') return assemble(job, origin.cid)
  const url = new URL(origin.url)
  if (url.protocol === 'file:') return copy(job, url)
  if (url.protocol === 'ftp:') return refuse({ kind: 'scheme', scheme: 'ftp' })
  return download(job, origin.url)
}

/** A url may name no file at all, as one with an escaped slash: node says so when it is opened. */
async function copy(job: Transfer, path: string | URL): Promise<Result<Kept, Failure>> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK) // a fifo would wait for its writer
    try {
      const stat = await file.stat()
      if (!stat.isFile()) return refuse({ kind: 'file', why: 'it is not a file' })
      await job.part.restart()
      const limit = await limitOf(job, stat.size)
      if (!limit.ok) return limit
      const body = file.createReadStream({ highWaterMark: 1 << 20, autoClose: false })
      return await pour(job, body, { limit: limit.value, total: stat.size })
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof DiskError) return refuse({ kind: 'disk', code: error.code })
    return refuse({ kind: 'file', why: FILE[wordOf(error)] ?? `it cannot be read: ${wordOf(error)}` })
  }
}

async function download(job: Transfer, url: string): Promise<Result<Kept, Failure>> {
  const { part } = job
  const watch = watchOf(job)
  let total: number | undefined
  let begun = false
  try {
    const answer = await askPlace(job, url, watch.signal)
    if (!answer.ok) return answer
    const response = answer.value
    const meaning = readAnswer(response.statusCode, response.headers, part.size)
    if (meaning.kind === 'refused' || meaning.kind === 'complete') {
      response.drop()
      if (meaning.kind === 'complete') return ok({ kept: part.size })
      if (meaning.forget) await part.restart()
      return refuse(meaning.failure)
    }
    if (meaning.kind === 'whole') await part.restart()
    job.answered(meaning.etag)
    total = meaning.total
    begun = true
    const limit = await limitOf(job, total)
    if (!limit.ok) {
      response.drop()
      return limit
    }
    const poured = await pour(job, response.body, { limit: limit.value, total, watch })
    return poured.ok && isPage(response.headers, job.file) ? ok({ ...poured.value, page: true }) : poured
  } catch (error) {
    if (error instanceof DiskError) return refuse({ kind: 'disk', code: error.code })
    if (watch.stalled) return refuse(stalled(job, watch))
    if (begun && part.size > 0)
      return refuse({ kind: 'cut', have: part.size, ...(total === undefined ? {} : { total }) })
    return refuse(connectionFailure(error))
  } finally {
    watch.end()
  }
}

/** By CID: blocks from whoever has them, from the one on where the bytes end. */
async function assemble(job: Transfer, cid: string): Promise<Result<Kept, Failure>> {
  const { part } = job
  const ipfs = await job.ipfs()
  const watch = watchOf(job)
  try {
    const opened = await ipfs.open(cid, part.size, watch.signal)
    if (!opened.ok) return watch.stalled ? refuse(stalled(job, watch)) : opened
    const { size: total, body } = opened.value
    if (part.size > total) {
      await part.restart()
      return refuse({ kind: 'range', why: 'it is shorter than what was here before' })
    }
    const limit = await limitOf(job, total)
    return limit.ok ? await pour(job, body, { limit: limit.value, total, watch }) : limit
  } catch (error) {
    if (error instanceof DiskError) return refuse({ kind: 'disk', code: error.code })
    return refuse(watch.stalled ? stalled(job, watch) : ipfs.failureOf(error))
  } finally {
    watch.end()
  }
}

const watchOf = ({ limits: { idleMs, firstOfManyMs }, last, again }: Transfer): Watch =>
  new Watch(idleMs, last ? SLOWEST : SLOWEST_OF_MANY, again ? idleMs : Math.min(idleMs, firstOfManyMs))

const stalled = ({ part }: Transfer, { seconds, hasty }: Watch): Failure => ({
  kind: 'stalled',
  have: part.size,
  seconds,
  hasty,
})

async function askPlace(job: Transfer, url: string, signal: AbortSignal): Promise<Result<Reply, Failure>> {
  const { dispatcher, limits, env } = job
  const asking = { dispatcher, limits, signal }
  if (job.origin.kind === 'oci') {
    const { askRegistry } = await import('./registry.ts')
    return askRegistry(url, rangeHeaders(job), { ...asking, env })
  }
  const answer = await ask(url, rangeHeaders(job), asking)
  return answer.ok ? ok({ ...answer.value, drop: () => drop(answer.value) }) : answer
}

const rangeHeaders = ({ part, etag }: Transfer): Record<string, string> =>
  part.size === 0 ? {} : { range: `bytes=${part.size}-`, ...(etag ? { 'if-range': etag } : {}) }

/** How many bytes the part may grow to: as promised, or else as much as is sane and the disk holds. */
async function limitOf(
  { part, size, store, limits }: Transfer,
  total: number | undefined,
): Promise<Result<number, Failure>> {
  if (size !== undefined && total !== undefined && size !== total)
    return refuse({ kind: 'size', want: size, got: total })
  const want = size ?? total
  if (want !== undefined && want > limits.maxBytes) return refuse({ kind: 'endless', limit: limits.maxBytes })
  const { bavail, bsize } = await statfs(store)
  const free = Math.max(0, bavail * bsize - limits.reserveBytes)
  if (want !== undefined && want - part.size > free)
    return refuse({ kind: 'room', needs: want - part.size, free })
  return ok(want ?? Math.min(limits.maxBytes, part.size + free))
}

interface Pouring {
  readonly limit: number
  readonly total: number | undefined
  readonly watch?: Watch
}

async function pour(
  { part, size, moved }: Transfer,
  body: AsyncIterable<Uint8Array>,
  { limit, total, watch }: Pouring,
): Promise<Result<Kept, Failure>> {
  const kept = part.size
  for await (const chunk of body) {
    watch?.moved(chunk.length)
    if (part.size + chunk.length > limit) return refuse({ kind: 'endless', limit })
    try {
      await part.append(chunk)
    } catch (error) {
      throw new DiskError(wordOf(error))
    }
    moved(part.size, total ?? size)
  }
  const want = size ?? total
  return want !== undefined && part.size < want
    ? refuse({ kind: 'cut', have: part.size, total: want })
    : ok({ kept })
}

/** Sets an error of writing apart from one of reading, which looks alike. */
class DiskError extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** In words for a person: some errors have no code. */
const wordOf = (error: unknown): string => codeOf(error) ?? (error as Error).message

const FILE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  ENXIO: 'it is not a file',
}
