import { quoted } from '../../core/message.ts'
import type { Failure } from './failure.ts'

/** What a server's answer means for somebody who has the first bytes already. */
type Answer =
  | { readonly kind: 'whole'; readonly total?: number; readonly etag?: string }
  | { readonly kind: 'rest'; readonly total?: number; readonly etag?: string }
  /** There is no more than what is here. */
  | { readonly kind: 'complete' }
  | { readonly kind: 'refused'; readonly failure: Failure }

type Headers = Readonly<Record<string, string | string[] | undefined>>

export function readAnswer(status: number, headers: Headers, have: number): Answer {
  const range = contentRange(headers['content-range'])
  if (status === 200)
    return { kind: 'whole', ...lengthOf(headers['content-length']), ...etagOf(headers.etag) }
  if (status === 206 && range?.start === have)
    return { kind: 'rest', ...totalOf(range), ...etagOf(headers.etag) }
  if (status === 416 && have > 0 && range?.total === have) return { kind: 'complete' }
  if (status !== 206 && status !== 416) {
    return { kind: 'refused', failure: { kind: 'status', status, ...retryAfter(headers['retry-after']) } }
  }
  const why = quoted(String(headers['content-range'] ?? `HTTP ${status}`))
  return { kind: 'refused', failure: { kind: 'range', why } }
}

/** By what the server says of them, bytes that are not those of the file: see `guiseOf()`. */
export type Guise = 'page' | 'compressed'

/**
 * Many a host says "not found", or asks who you are, with a page and the status 200. One that compresses on the way does
 * so although it was asked not to; of a file that is compressed, Apache says the same of the file itself.
 */
export function guiseOf(headers: Headers, file: string): Guise | undefined {
  if (/^text\/html\b/i.test(String(headers['content-type'])) && !/\.html?$/.test(file)) return 'page'
  const encoding = String(headers['content-encoding'])
  return /^(?:x-)?(?:gzip|deflate|br|zstd)$/.test(encoding) && !/\.(?:t?gz|br|zst)$/.test(file)
    ? 'compressed'
    : undefined
}

interface Range {
  readonly start?: number
  readonly total?: number
}

/** `bytes 5-9/10`; with a star for what is not known, and for the part when no part fits. */
function contentRange(header: Headers[string]): Range | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(String(header))
  if (!match) return undefined
  return {
    ...(match[1] ? { start: Number(match[1]) } : {}),
    ...(match[2] === '*' ? {} : { total: Number(match[2]) }),
  }
}

const totalOf = ({ total }: Range): { readonly total?: number } => (total === undefined ? {} : { total })

const lengthOf = (header: Headers[string]): { readonly total?: number } =>
  typeof header === 'string' && /^\d{1,15}$/.test(header) ? { total: Number(header) } : {}

/** Only a strong one (RFC 9110, 13.1.5) says that the bytes are the same. */
const etagOf = (header: Headers[string]): { readonly etag?: string } =>
  typeof header === 'string' && header.startsWith('"') ? { etag: header } : {}

/** How long a server asks to be left alone (RFC 9110, 10.2.3): in seconds, or until a time. */
export function retryAfter(header: Headers[string]): { readonly retryAfterMs?: number } {
  if (typeof header !== 'string') return {}
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {}
}
