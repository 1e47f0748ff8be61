import { Readable } from 'node:stream'
import { type Dispatcher, request } from 'undici'
import { anyAborted } from '../../core/any-aborted.ts'
import { type Message, quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { drop, follow, HEADERS, type Response } from '../http/http.ts'
import type { Limits } from '../http/limits.ts'
import { isLoopback } from '../http/loopback.ts'
import { sentBytes, Watch, watchedBytes } from '../http/watch.ts'
import { type Answer, readSmall } from './answer.ts'
import { readChallenge } from './challenge.ts'
import type { Credentials } from './credentials.ts'
import { type OciFailure, OciRefusal, thrownFailure } from './failure.ts'
import { statusFailure } from './status.ts'

interface SessionOptions {
  readonly dispatcher: Dispatcher
  readonly limits: Limits
  /** Asked for only when the registry wants to know; who is asked has until the signal, if there is one. */
  readonly credentials: (
    registry: string,
    signal: AbortSignal | undefined,
  ) => Promise<Result<Credentials | undefined, Message>>
  /** Speaks plain http with any registry, and not just with this machine. */
  readonly insecure?: boolean
  readonly signal?: AbortSignal
}

interface Question {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH'
  readonly url: URL
  /** What a token must allow: `repository:NAME:pull,push`. */
  readonly scopes: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  /** Made anew each time it has to be sent. */
  readonly body?: () => Uint8Array | AsyncIterable<Uint8Array>
  /** How long the answer may take once all of the body is sent, if longer than `limits.idleMs`. */
  readonly patienceMs?: number
}

/** The conversation with one registry: https (plain http with this machine), tokens, patience. */
export class Session {
  readonly registry: string
  readonly #options: SessionOptions
  /** By scope; the empty one is a password, which is good for all. */
  #authorizations = new Map<string, string>()

  constructor(registry: string, options: SessionOptions) {
    this.registry = registry === 'docker.io' ? 'registry-1.docker.io' : registry
    this.#options = options
  }

  /** The same conversation, for questions that end with this signal. */
  until(signal: AbortSignal): Session {
    const session = new Session(this.registry, { ...this.#options, signal })
    session.#authorizations = this.#authorizations
    return session
  }

  url(path: string): URL {
    return new URL(`${this.#plain(this.registry) ? 'http' : 'https'}://${this.registry}/v2/${path}`)
  }

  /** Asks, and once more with a password or a token if the registry wants one. */
  async ask(question: Question): Promise<Result<Answer, OciFailure>> {
    const scope = question.scopes.join(' ')
    const known = this.#authorizations.get(scope) ?? this.#authorizations.get('')
    const first = await this.#send(question, known)
    if (!first.ok) return first
    const { answer, url } = first.value
    // A host to which the registry only led us has no right to ask for a password.
    if (answer.status !== 401 || new URL(url).origin !== this.url('').origin) return ok(answer)
    answer.drop()
    const authorized = await this.#authorize(answer.headers['www-authenticate'], question.scopes)
    if (!authorized.ok) return authorized
    const { authorization, isStranger } = authorized.value
    const second = await this.#send(question, authorization)
    if (!second.ok) return second
    if (second.value.answer.status !== 401) return ok(second.value.answer)
    second.value.answer.drop()
    this.#authorizations.clear()
    return refuse({
      kind: 'unauthorized',
      why: isStranger
        ? `it does not allow this to a stranger, and ${NO_PASSWORD}`
        : 'it does not take the password or token that is kept for it',
    })
  }

  async #send(
    question: Question,
    authorization: string | undefined,
  ): Promise<Result<{ readonly answer: Answer; readonly url: string }, OciFailure>> {
    const { dispatcher, limits } = this.#options
    const { method, url, body } = question
    const mine = url.origin === this.url('').origin
    const headers = { ...question.headers, ...(authorization && mine ? { authorization } : {}) }
    const patienceMs = question.patienceMs ?? limits.idleMs
    const data = body?.()
    const isStream = data !== undefined && !(data instanceof Uint8Array)
    // What this machine's network has taken is not sent yet, so it may stand still for longer than what is read.
    const watch = new Watch(isStream ? 2 * limits.idleMs : patienceMs)
    const signal = this.#options.signal ? anyAborted(this.#options.signal, watch.signal) : watch.signal
    try {
      if (method === 'GET' || method === 'HEAD') {
        const followed = await follow(url.href, headers, { dispatcher, limits, signal, method })
        if (!followed.ok) return this.#ended(watch, followed.error)
        return ok({ answer: this.#answer(followed.value.response, watch), url: followed.value.url })
      }
      const response = await request(url, {
        dispatcher,
        signal,
        method,
        headers: { ...HEADERS, ...headers },
        body: isStream
          ? Readable.from(sentBytes(data, watch, patienceMs), { objectMode: false })
          : (data ?? null),
      })
      if (response.statusCode >= 300 && response.statusCode < 400) {
        drop(response)
        return this.#ended(watch, { kind: 'redirect', why: `of a ${method}` })
      }
      return ok({ answer: this.#answer(response, watch), url: url.href })
    } catch (error) {
      return this.#ended(watch, this.#failure(error, watch))
    }
  }

  #ended(watch: Watch, failure: OciFailure): Result<never, OciFailure> {
    watch.end()
    return refuse(failure)
  }

  #failure(error: unknown, watch: Watch): OciFailure {
    if (watch.stalled) return { kind: 'stalled', have: 0, seconds: watch.seconds }
    return thrownFailure(error)
  }

  #answer(response: Response, watch: Watch): Answer {
    const failure = (error: unknown): OciFailure => this.#failure(error, watch)
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield* watchedBytes(response.body, watch)
      } catch (error) {
        throw new OciRefusal(failure(error))
      } finally {
        watch.end()
        drop(response)
      }
    }
    return {
      status: response.statusCode,
      headers: response.headers,
      body: body(),
      drop() {
        watch.end()
        leave(response)
      },
    }
  }

  /** What a question must carry to be answered, by what the registry said. */
  async #authorize(
    header: string | readonly string[] | undefined,
    scopes: readonly string[],
  ): Promise<Result<{ readonly authorization: string; readonly isStranger: boolean }, OciFailure>> {
    const challenge = readChallenge(header)
    if (challenge === undefined)
      return refuse({ kind: 'unauthorized', why: 'it wants to know who asks, and does not say how' })
    const found = await this.#options.credentials(this.registry, this.#options.signal)
    if (!found.ok)
      return refuse({ kind: 'unauthorized', why: `cannot ${found.error.cannot}: ${found.error.why}` })
    const credentials = found.value
    if (challenge.scheme === 'basic') {
      if (credentials?.kind !== 'password')
        return refuse({ kind: 'unauthorized', why: `it wants a password, and ${NO_PASSWORD}` })
      const value = basic(credentials)
      this.#authorizations.set('', value)
      return ok({ authorization: value, isStranger: false })
    }
    const token = await this.#token(challenge.realm, challenge.service, scopes, credentials)
    if (!token.ok) return token
    const authorization = `Bearer ${token.value}`
    this.#authorizations.set(scopes.join(' '), authorization)
    return ok({ authorization, isStranger: credentials === undefined })
  }

  /** Asks the token server that the registry names. Source of the protocol: distribution, "Token Authentication". */
  async #token(
    realm: string,
    service: string | undefined,
    scopes: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<Result<string, OciFailure>> {
    const fault = (why: string): Result<never, OciFailure> => refuse({ kind: 'unauthorized', why })
    if (!URL.canParse(realm)) return fault(`it names a token server that is no url: ${quoted(realm)}`)
    const url = new URL(realm)
    const mayAsk = url.protocol === 'https:' || (url.protocol === 'http:' && this.#plain(url.host))
    if (!mayAsk || url.username || url.password)
      return fault(`it names a token server that is not asked: ${quoted(realm)}`)
    const query = new URLSearchParams(service === undefined ? {} : { service })
    for (const scope of scopes) query.append('scope', scope)
    let question: Question
    if (credentials?.kind === 'refresh token') {
      query.set('grant_type', 'refresh_token')
      query.set('refresh_token', credentials.token)
      query.set('client_id', 'coolports')
      const body = Buffer.from(query.toString())
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      question = { method: 'POST', url, scopes: [], headers, body: () => body }
    } else {
      for (const [name, value] of query) url.searchParams.append(name, value)
      const headers = credentials ? { authorization: basic(credentials) } : {}
      question = { method: 'GET', url, scopes: [], headers }
    }
    const sent = await this.#send(question, undefined)
    if (!sent.ok) return sent
    const { answer } = sent.value
    if (answer.status === 429 || answer.status >= 500) return refuse(await statusFailure(answer))
    if (answer.status !== 200) {
      answer.drop()
      const who = credentials ? 'the password that is kept for it' : `a stranger, and ${NO_PASSWORD}`
      return fault(`its token server ${url.host} answers ${who} with HTTP ${answer.status}`)
    }
    const text = await readSmall(answer, MAX_TOKEN_BYTES)
    if (!text.ok) return text
    const token = tokenIn(text.value)
    return token === undefined ? fault(`its token server ${url.host} gives no token`) : ok(token)
  }

  #plain(host: string): boolean {
    return this.#options.insecure === true || isLoopback(host)
  }
}

/** What a refusal or a yes says is short, and its connection is of use for the next question. */
function leave(response: Response): void {
  if (Number(response.headers['content-length'] ?? 0) > SHORT_BYTES) drop(response)
  else response.body.dump({ limit: SHORT_BYTES }).catch(() => {})
}

const SHORT_BYTES = 65536

const MAX_TOKEN_BYTES = 256 * 1024

const NO_PASSWORD = 'no password is kept for it'

const basic = (credentials: Credentials & { readonly kind: 'password' }): string =>
  `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`

function tokenIn(bytes: Buffer): string | undefined {
  try {
    const { token, access_token } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
    const found = token ?? access_token
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined
  } catch {
    return undefined
  }
}
