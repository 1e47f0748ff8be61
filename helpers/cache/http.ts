import type { Dispatcher } from 'undici'
import type { Env } from '../../core/env.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { ownCertificates } from '../http/certificates.ts'
import { connectionFailure, describe as describeFetch } from '../http/failure.ts'
import { ask, connections, drop, type Headers, type Response } from '../http/http.ts'
import { LIMITS } from '../http/limits.ts'
import { urlFault } from '../http/url.ts'
import { Broken, type Failure } from './failure.ts'
import { isCacheFile } from './names.ts'
import type { Fault, Opened, Place } from './place.ts'

/** A cache behind any web server: its files lie below the url. Through the proxies of the environment. */
export async function httpPlace(url: string, env: Env): Promise<Result<Place, Fault>> {
  const fault = urlFault(url)
  if (fault) return refuse(`it ${fault}`)
  const { search, hash, protocol } = new URL(url)
  if (search || hash) return refuse('it holds a ? or a #, behind which no name can follow')
  const certificates = protocol === 'https:' ? ownCertificates(env) : ok([])
  if (!certificates.ok) return certificates
  const opened = connections(env, LIMITS, certificates.value)
  if (!opened.ok) return refuse(`cannot ${opened.error.cannot}: ${opened.error.why}`)
  const dispatcher = opened.value
  const base = url.replace(/\/+$/, '')
  return ok({
    name: url,
    open: (file, signal) => openUrl(`${base}/${file}`, file, dispatcher, signal),
    close: () => dispatcher.destroy(),
  })
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
