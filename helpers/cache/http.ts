import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Env } from '../../core/env.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { readingFault } from '../../core/system-error.ts'
import { ownCertificates } from '../http/certificates.ts'
import { connectionFailure, describe as describeFetch } from '../http/failure.ts'
import { ask, connections, drop, type Headers, type Response } from '../http/http.ts'
import { LIMITS } from '../http/limits.ts'
import { urlFault } from '../http/url.ts'
import { sentBytes, Watch } from '../http/watch.ts'
import { Broken, type Failure } from './failure.ts'
import { isCacheFile } from './names.ts'
import type { Fault, Opened, Place, Publisher } from './place.ts'

/** A cache behind any web server: its files lie below the url. Through the proxies of the environment. */
export function httpPlace(url: string, env: Env): Result<Place, Fault> {
  const opened = open(url, env)
  if (!opened.ok) return opened
  const { base, dispatcher } = opened.value
  return ok({
    name: url,
    open: (file, signal) => openUrl(`${base}/${file}`, file, dispatcher, signal),
    close: () => dispatcher.destroy(),
  })
}

/** The same, of a web server that takes files by PUT. */
export function httpPublisher(url: string, env: Env): Result<Publisher, Fault> {
  const opened = open(url, env)
  if (!opened.ok) return opened
  const { base, dispatcher } = opened.value
  return ok({
    name: url,
    put: async (file, path) =>
      isCacheFile(file)
        ? putFile(`${base}/${file}`, path, dispatcher)
        : refuse({ kind: 'refused', why: 'a cache has no file of this name' }),
    close: () => dispatcher.destroy(),
  })
}

function open(
  url: string,
  env: Env,
): Result<{ readonly base: string; readonly dispatcher: Dispatcher }, Fault> {
  const fault = urlFault(url)
  if (fault) return refuse(`it ${fault}`)
  const { search, hash, protocol } = new URL(url)
  if (search || hash) return refuse('it holds a ? or a #, behind which no name can follow')
  const certificates = protocol === 'https:' ? ownCertificates(env) : ok([])
  if (!certificates.ok) return certificates
  const opened = connections(env, LIMITS, certificates.value)
  if (!opened.ok) return refuse(`cannot ${opened.error.cannot}: ${opened.error.why}`)
  return ok({ base: url.replace(/\/+$/, ''), dispatcher: opened.value })
}

async function openUrl(
  url: string,
  file: string,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Result<Opened, Failure>> {
  if (!isCacheFile(file)) return refuse({ kind: 'absent' })
  try {
    const headers = file.endsWith('.tar.gz') ? {} : FRESH
    const answer = await ask(url, headers, { dispatcher, limits: LIMITS, signal })
    if (!answer.ok) return refuse({ kind: 'refused', why: describeFetch(answer.error) })
    return read(answer.value)
  } catch (error) {
    return refuse({ kind: 'unreachable', why: whyOf(error) })
  }
}

/** Of records, as apt asks for its indices: a proxy on the way may have kept an older one, or that there is none. */
const FRESH: Headers = { 'cache-control': 'max-age=0' }

function read(response: Response): Result<Opened, Failure> {
  const { statusCode: status, headers } = response
  if (status === 200) {
    const length = lengthOf(headers['content-length'])
    return ok({
      bytes: told(response.body, length),
      ...(length === undefined ? {} : { length }),
      close: () => drop(response),
    })
  }
  // What a miss says is short, and its connection is of use for the next question.
  if (status === 404 || status === 410 || status === FORBIDDEN) {
    response.body.dump({ limit: 65536 }).catch(() => {})
    return refuse({ kind: 'absent', ...(status === FORBIDDEN ? { status } : {}) })
  }
  drop(response)
  return refuse({ kind: 'status', status })
}

/** What S3 says of a missing file to those who may not list its bucket; a cache that is closed says the same. */
const FORBIDDEN = 403

/** A server may look through all that it got before it says yes. */
const FINISH_MS = 10 * 60 * 1000

async function putFile(url: string, path: string, dispatcher: Dispatcher): Promise<Result<void, Failure>> {
  // What this machine's network has taken is not sent yet, so it may stand still for longer than what is read.
  const watch = new Watch(2 * LIMITS.idleMs)
  const body = () => {
    const bytes = createReadStream(path, { highWaterMark: 2 ** 17 })
    return Readable.from(sentBytes(bytes, watch, FINISH_MS), { objectMode: false })
  }
  try {
    const { size } = await stat(path)
    const headers = { 'content-type': 'application/octet-stream', 'content-length': `${size}` }
    const { signal } = watch
    const answer = await ask(url, headers, { dispatcher, limits: LIMITS, signal, method: 'PUT', body })
    if (!answer.ok) return refuse({ kind: 'refused', why: describeFetch(answer.error) })
    const { statusCode: status } = answer.value
    drop(answer.value)
    if (status >= 200 && status < 300) return ok(undefined)
    return refuse(
      NO_PUT.includes(status) ? { kind: 'refused', why: takesNone(status) } : { kind: 'status', status },
    )
  } catch (error) {
    if (watch.stalled) return refuse({ kind: 'stalled', have: 0, seconds: watch.seconds })
    const isOfFile = (error as NodeJS.ErrnoException).path === path
    return refuse(
      isOfFile ? { kind: 'file', why: readingFault(error) } : { kind: 'unreachable', why: whyOf(error) },
    )
  } finally {
    watch.end()
  }
}

/** What a web server says that only gives files. */
const NO_PUT: readonly number[] = [404, 405, 501]

const takesNone = (status: number): string => `HTTP ${status}: it takes no files by PUT there`

/** A connection that was cut looks to its reader like a connection. */
async function* told(body: AsyncIterable<Uint8Array>, total?: number): AsyncGenerator<Uint8Array> {
  let have = 0
  try {
    for await (const chunk of body) {
      have += chunk.length
      yield chunk
    }
  } catch {
    throw new Broken({ kind: 'cut', have, ...(total === undefined ? {} : { total }) })
  }
}

const lengthOf = (header: string | string[] | undefined): number | undefined =>
  typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined

const whyOf = (error: unknown): string => describeFetch(connectionFailure(error)).replace(/^no answer: /, '')
