import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import { Agent, Dispatcher, Pool, ProxyAgent, request } from 'undici'
import type { Env } from '../../core/env.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { codeOf, type Failure, isOfProxy } from './failure.ts'
import type { Limits } from './limits.ts'
import { Netrc } from './netrc.ts'
import { noProxy } from './no-proxy.ts'
import { urlFault, withoutPassword } from './url.ts'

export type Response = Dispatcher.ResponseData

/**
 * The connections of one run, through the proxies that the environment names. With `certificates`, those
 * are believed in place of the ones that node read when it started.
 */
export function connections(
  env: Env,
  limits: Limits,
  certificates: readonly string[] = [],
): Result<Dispatcher, Message> {
  const httpProxy = proxyUrl(env, 'http_proxy')
  if (!httpProxy.ok) return httpProxy
  const httpsProxy = proxyUrl(env, 'https_proxy')
  if (!httpsProxy.ok) return httpsProxy
  const connect = {
    timeout: limits.connectMs,
    lookup: lookUp,
    ...(certificates.length === 0 ? {} : { ca: [...certificates] }),
  }
  const options = {
    proxyTunnel: false, // many proxies allow CONNECT to port 443 alone; plain http is asked for in plain
    connect,
    proxyTls: connect,
    requestTls: connect,
    headersTimeout: 0, // the watch of a transfer sees to these two
    bodyTimeout: 0,
  }
  const direct = new Agent(options)
  const clientFactory = (proxy: URL, how: object): Dispatcher =>
    new TunnelPool(proxy, { ...how, headersTimeout: limits.connectMs })
  const through = (uri: string): Dispatcher => {
    if (uri === 'socks:') return new NoWay()
    return uri === '' ? direct : new ProxyAgent({ ...options, uri, clientFactory })
  }
  return ok(
    new Routes(
      direct,
      { 'http:': through(httpProxy.value), 'https:': through(httpsProxy.value) },
      noProxy(env.no_proxy ?? env.NO_PROXY ?? ''),
      env,
    ),
  )
}

/**
 * Names below `localhost` are this machine (RFC 6761), which the C library need not know: a gateway of kubo sends who
 * asks it as `localhost` on to `CID.ipfs.localhost`.
 */
const lookUp: LookupFunction = (host, options, done) =>
  lookup(/\.localhost\.?$/i.test(host) ? 'localhost' : host, options, done)

/**
 * Sends each question the way that the environment says. undici's own agent for that takes the proxy of http for
 * https as well, which may be one that only knows http, and no ranges of addresses in `no_proxy`.
 */
class Routes extends Dispatcher {
  readonly #direct: Dispatcher
  readonly #proxies: Readonly<Record<string, Dispatcher>>
  readonly #isDirect: (url: URL) => boolean
  readonly #env: Env
  #netrc: Netrc | undefined

  constructor(
    direct: Dispatcher,
    proxies: Readonly<Record<string, Dispatcher>>,
    isDirect: (url: URL) => boolean,
    env: Env,
  ) {
    super()
    this.#direct = direct
    this.#proxies = proxies
    this.#isDirect = isDirect
    this.#env = env
  }

  /** The user's passwords, read for the first question that may carry one. */
  get netrc(): Netrc {
    this.#netrc ??= new Netrc(this.#env)
    return this.#netrc
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#wayTo(new URL(options.origin ?? '')).dispatch(options, handler)
  }

  /** Whether a proxy is asked for it. */
  hasProxyFor(url: string): boolean {
    return this.#wayTo(new URL(url)) !== this.#direct
  }

  #wayTo(url: URL): Dispatcher {
    return (this.#isDirect(url) ? undefined : this.#proxies[url.protocol]) ?? this.#direct
  }

  // biome-ignore lint/suspicious/noExplicitAny: what it overrides has a form with a callback, which nobody here uses
  override async close(): Promise<any> {
    await this.destroy()
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  override async destroy(): Promise<any> {
    const all = new Set([this.#direct, ...Object.values(this.#proxies)])
    await Promise.all([...all].map(one => one.destroy()))
  }
}

/** To a proxy of SOCKS, which is not spoken: what needs no server, or none behind it, can be had all the same. */
class NoWay extends Dispatcher {
  override dispatch(): boolean {
    throw Object.assign(new Error('a proxy of SOCKS'), { code: 'PROXY_SOCKS' })
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  override async destroy(): Promise<any> {}
}

/**
 * The connections to a proxy by which others are made (CONNECT). undici takes a proxy that hangs up then for a
 * connection that was good once, and tries again at once and for ever, whatever the signal says.
 */
class TunnelPool extends Pool {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  override async connect(options: Dispatcher.ConnectOptions): Promise<any> {
    try {
      return await super.connect(options)
    } catch (error) {
      const code = NO_TUNNEL[codeOf(error) ?? '']
      throw code === undefined ? error : Object.assign(new Error((error as Error).message), { code })
    }
  }
}

/** What a proxy that closes the connection, and one that says nothing, is to whoever asked for one through it. */
const NO_TUNNEL: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'PROXY_CLOSED',
  UND_ERR_HEADERS_TIMEOUT: 'UND_ERR_CONNECT_TIMEOUT',
}

/**
 * As curl reads it: `host:port` is an http proxy, and a path says nothing; what has no proxy of its own has that of
 * $all_proxy. An empty string is none, and `socks:` any proxy of that kind.
 */
function proxyUrl(env: Env, own: string): Result<string, Message> {
  const names = [own, own.toUpperCase(), 'all_proxy', 'ALL_PROXY']
  const name = names.find(one => env[one] !== undefined) ?? own
  const text = env[name] ?? ''
  if (text === '') return ok('')
  const said = text.includes('://') ? text : `http://${text}`
  const bad = (why: string) => refuse({ cannot: `use the proxy of $${name}`, why }) // not shown: it may hold a password
  if (/^socks/i.test(said)) return ok('socks:')
  if (!/^https?:/.test(said) || !URL.canParse(said)) return bad('it is not an http: or https: url')
  const { protocol, username, password, host } = new URL(said)
  if (![username, password].every(isEscaped)) return bad('its user or password has a % that escapes nothing')
  const user = username === '' && password === '' ? '' : `${username}:${password}@`
  return ok(`${protocol}//${user}${host}`)
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

export interface Asking {
  readonly dispatcher: Dispatcher
  readonly limits: Limits
  readonly signal: AbortSignal
  readonly method?: 'GET' | 'HEAD' | 'PUT'
  /** What is sent; from its beginning each time that this is called. */
  readonly body?: () => Readable
}

export type Headers = Readonly<Record<string, string>>

/** What every question carries. The bytes are asked for and taken as they lie on the server: a digest is of the file, not of what a Content-Encoding makes of it. */
export const HEADERS: Headers = { 'user-agent': 'coolports', accept: '*/*', 'accept-encoding': 'identity' }

/**
 * How far a server may be ahead of who reads its answer. undici 7 dies by an assertion, which nobody can catch, when a
 * server ends the connection while it is held back (nodejs/undici#5360, mended for node 22 alone); by its 64 KiB that
 * is any file from a near server of HTTP/1.0.
 */
export const AHEAD_BYTES = 256 * 2 ** 20

/**
 * Asks a web server for a url, as the user whom his netrc names, and follows redirects, never from https to http, nor
 * with what is sent.
 */
export async function ask(
  start: string,
  headers: Headers,
  asking: Asking,
): Promise<Result<Response, Failure>> {
  const netrc = asking.dispatcher instanceof Routes ? asking.dispatcher.netrc : undefined
  const authorization = netrc?.authorizationFor(start)
  const answered = await follow(start, { ...headers, ...(authorization ? { authorization } : {}) }, asking)
  if (!answered.ok) return answered
  const { response, url } = answered.value
  if (response.statusCode !== 401 || netrc === undefined) return ok(response)
  drop(response)
  const { origin } = new URL(url)
  const why =
    origin === new URL(start).origin ? netrc.whyRefused(url) : `it leads to ${origin}, which wants a password`
  return refuse({ kind: 'password', why })
}

/** The same, with the url that answered in the end. Who is led to another host tells it nothing of the asker. */
export async function follow(
  start: string,
  headers: Headers,
  { dispatcher, limits, signal, method = 'GET', body }: Asking,
): Promise<Result<{ readonly response: Response; readonly url: string }, Failure>> {
  const { authorization, ...others } = headers
  let url = start
  for (let hops = 0; hops <= limits.redirects; hops++) {
    const known = authorization !== undefined && new URL(url).origin === new URL(start).origin
    const response = await requestOnceMore(url, {
      dispatcher,
      signal,
      method,
      ...(body ? { body } : {}),
      headers: { ...HEADERS, ...others, ...(known ? { authorization } : {}) },
      highWaterMark: AHEAD_BYTES,
    })
    if (!REDIRECTS.includes(response.statusCode)) return ok({ response, url })
    drop(response)
    if (body) return refuse({ kind: 'redirect', why: 'what is sent goes nowhere else' })
    const next = nextUrl(url, response.headers.location)
    if (!next.ok) return refuse({ kind: 'redirect', why: next.error })
    url = next.value
  }
  return refuse({ kind: 'redirect', why: `more than ${limits.redirects} of them` })
}

/**
 * A server may close a connection that was kept just when it is used again, as one does that reads its settings anew:
 * who loses a question so asks again, by another connection.
 */
async function requestOnceMore(
  url: string,
  { body, ...how }: Omit<Asking, 'limits'> & { readonly headers: Headers; readonly highWaterMark: number },
): Promise<Response> {
  const once = () => request(url, { ...how, ...(body ? { body: body() } : {}) })
  try {
    return await once()
  } catch (error) {
    if (!['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error) ?? '')) {
      const isProxied = how.dispatcher instanceof Routes && how.dispatcher.hasProxyFor(url)
      throw isProxied ? ofProxy(error as Error) : error
    }
    return await once()
  }
}

/**
 * What was thrown while a proxy was asked, by a code that says so: who has to look at the proxy is not to look at the server,
 * which nobody has spoken to. undici tells what the proxy answered by its message alone.
 */
function ofProxy(error: Error): Error {
  const [, status] = /^Proxy .*\((\d{3})\)/.exec(error.message) ?? []
  const code = status ?? codeOf(error) ?? ''
  return isOfProxy(code) ? Object.assign(new Error(error.message), { code: `PROXY_${code}` }) : error
}

/** Closes a connection whose answer is of no use. */
export function drop(response: Response): void {
  response.body.on('error', () => {})
  response.body.destroy()
}

/** Where a redirect leads. */
export function nextUrl(
  from: string,
  location: string | readonly string[] | undefined,
): Result<string, string> {
  if (typeof location !== 'string' || !URL.canParse(location, from)) return refuse('it leads nowhere')
  const next = new URL(location, from)
  // An object store's urls are signed: whoever has one may read.
  const shown = quoted(withoutPassword(next.href))
  if (next.protocol !== 'http:' && next.protocol !== 'https:') return refuse(`to ${shown}`)
  if (from.startsWith('https:') && next.protocol === 'http:') return refuse(`from https to ${shown}`)
  const fault = urlFault(next.href)
  return fault ? refuse(`to ${shown}, which ${fault}`) : ok(next.href)
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
