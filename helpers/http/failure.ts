import { quoted } from '../../core/message.ts'
import { bytes } from '../../core/size.ts'
import { READING } from '../../core/system-error.ts'
import type { Guise } from './answer.ts'

/** Why one place did not give a source. */
export type Failure =
  | { readonly kind: 'scheme'; readonly scheme: string }
  | { readonly kind: 'connection'; readonly code: string; readonly detail: string }
  /** `said`: what the server says of it, as it came. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfterMs?: number
      readonly said?: string
    }
  /** It wants to know who asks, and was not told, or does not know him: `why` is a sentence. */
  | { readonly kind: 'password'; readonly why: string }
  | { readonly kind: 'redirect'; readonly why: string }
  | { readonly kind: 'cut'; readonly have: number; readonly total?: number }
  | { readonly kind: 'stalled'; readonly have: number; readonly seconds: number }
  | { readonly kind: 'size'; readonly want: number; readonly got: number }
  | { readonly kind: 'endless'; readonly limit: number }
  | { readonly kind: 'range'; readonly why: string }
  | { readonly kind: 'room'; readonly needs: number; readonly free: number }
  | { readonly kind: 'file'; readonly why: string }
  /** `guise`: what else the server calls it, which the source is not. */
  | { readonly kind: 'digest'; readonly got: string; readonly bytes: number; readonly guise?: Guise }
  /** Something else, as the server says itself: `what` ends the sentence `PLACE gave ...`. */
  | { readonly kind: 'instead'; readonly what: string }
  /** One who was asked says that he does not have it. */
  | { readonly kind: 'nothing' }
  /** Of a source by its CID: `why` ends the sentence `PLACE gave ...`. */
  | { readonly kind: 'ipfs'; readonly why: string; readonly passes: boolean }

export function describe(failure: Failure): string {
  switch (failure.kind) {
    case 'scheme':
      return `nothing: ${failure.scheme}: urls are not supported`
    case 'connection':
      return `no answer: ${CONNECTION[failure.code] ?? quoted(failure.detail)}`
    case 'status':
      return `${byNumber(failure.status)}${failure.said === undefined ? '' : `: ${quoted(failure.said)}`}`
    case 'password':
      return `HTTP 401: ${failure.why}`
    case 'redirect':
      return `a redirect that is refused: ${failure.why}`
    case 'cut':
      return `the connection was cut after ${bytes(failure.have)}${failure.total === undefined ? '' : ` of ${bytes(failure.total)}`}`
    case 'stalled':
      return `nothing more for ${Number(failure.seconds.toFixed(1))} s after ${bytes(failure.have)}`
    case 'size':
      return `another size: ${failure.got} bytes instead of ${failure.want}`
    case 'endless':
      return `more than ${bytes(failure.limit)}`
    case 'range':
      return `a wrong part of the file: ${failure.why}`
    case 'room':
      return `${bytes(failure.needs)}, but the disk has room for ${bytes(failure.free)}`
    case 'file':
      return `nothing: ${failure.why}`
    case 'digest':
      return `${failure.guise ? `${GUISE[failure.guise]}: ` : ''}sha256 ${failure.got} (${bytes(failure.bytes)})`
    case 'instead':
      return failure.what
    case 'nothing':
      return 'nothing: it does not have it'
    case 'ipfs':
      return failure.why
  }
}

const GUISE: Readonly<Record<Guise, string>> = {
  page: 'a web page in its place',
  compressed: 'what it compressed, unasked (Content-Encoding)',
}

const byNumber = (status: number): string => `HTTP ${status}${STATUS[status] ? ` (${STATUS[status]})` : ''}`

/** Whether who was asked does not answer, and would not for something else. */
export const isAway = ({ kind }: Failure): boolean => kind === 'connection' || kind === 'stalled'

/** What may be gone at the next attempt. */
export function passes(failure: Failure): boolean {
  switch (failure.kind) {
    case 'status':
      return failure.status >= 500 || failure.status === 408 || failure.status === 429
    case 'connection':
      return FINAL[failure.code] === undefined
    case 'cut':
    case 'stalled':
    case 'range':
      return true
    case 'ipfs':
      return failure.passes
    default:
      return false
  }
}

/** What was thrown while a server was asked. */
export function connectionFailure(error: unknown): Failure {
  const code = codeOf(error) ?? 'unknown'
  return { kind: 'connection', code, detail: (error as Error).message || code }
}

/** The code of what a connection or a disk threw; where several addresses were tried, that of the first. */
export function codeOf(error: unknown): string | undefined {
  const { code, errors } = error as { code?: unknown; errors?: readonly { code?: unknown }[] }
  const known = code ?? errors?.[0]?.code
  return typeof known === 'string' ? known : undefined
}

/** Why a file did not give a source; some errors have no code. */
export function fileFault(error: unknown): string {
  const word = codeOf(error) ?? (error as Error).message
  return READING[word] ?? `it cannot be read: ${word}`
}

/** Whether this code, or status, says something of a proxy where one was asked: told as `PROXY_` and that. */
export const isOfProxy = (code: string): boolean => `PROXY_${code}` in CONNECTION

const STRANGE =
  'its certificate is by an authority that node does not know ($NODE_EXTRA_CA_CERTS names a file of more)'
const NO_TLS = 'it speaks no TLS, but perhaps plain http'

/** Nothing that waiting would mend. */
const FINAL: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host is not known',
  PROXY_ENOTFOUND: 'the host of the proxy is not known',
  PROXY_403: 'the proxy forbids it',
  PROXY_407: 'the proxy wants a password',
  PROXY_SOCKS: 'the proxy that is set for it speaks SOCKS, which nothing here does',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  CERT_HAS_EXPIRED: 'its certificate has expired, by the clock of this machine',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, by the clock of this machine',
  SELF_SIGNED_CERT_IN_CHAIN: STRANGE,
  DEPTH_ZERO_SELF_SIGNED_CERT: STRANGE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: STRANGE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: STRANGE,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
}

const CONNECTION: Readonly<Record<string, string>> = {
  ...FINAL,
  EAI_AGAIN: 'the name server does not answer',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
  UND_ERR_SOCKET: 'the connection was closed',
  PROXY_CLOSED: 'the proxy closed the connection',
  PROXY_ECONNREFUSED: 'the connection to the proxy was refused',
  PROXY_EHOSTUNREACH: 'the host of the proxy cannot be reached',
  PROXY_ENETUNREACH: 'the network of the proxy cannot be reached',
}

const STATUS: Readonly<Record<number, string>> = {
  403: 'forbidden',
  404: 'not found',
  407: 'the proxy wants a password',
  410: 'gone',
  413: 'too large',
  429: 'too many requests',
  500: 'internal error',
  502: 'bad gateway',
  503: 'unavailable',
  504: 'gateway timeout',
}
