import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import { type Sha256, sha256 } from '../../../core/digest.ts'
import { type FetchOptions, fetchAll } from '../../../helpers/fetch/fetch.ts'
import { lines } from '../../../helpers/fetch/lines.ts'
import type { FetchRequest } from '../../../helpers/fetch/request.ts'
import { LIMITS } from '../../../helpers/http/limits.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean()
})

export const later = (clean: () => void): void => {
  cleanups.push(clean)
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fetch-test-'))
  later(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export function put(path: string, text: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

export const BODY = randomBytes(300_000)
export const LIE = randomBytes(300_000)
export const DIGEST: Sha256 = sha256(BODY)

/** A server that is there for one test and remembers what it was asked. */
export async function serve(
  answer: RequestListener,
): Promise<{ readonly url: string; readonly asked: readonly IncomingMessage[] }> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    response.on('error', () => {})
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  later(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

export const whole =
  (body: Uint8Array = BODY): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-length': body.length }).end(body)

/** Sends the first bytes, then closes the connection; not at once, since a client loses what it had no time to take. */
export function cut(response: ServerResponse, length: number, body: Uint8Array = BODY): void {
  response.writeHead(200, { 'content-length': body.length })
  response.write(body.subarray(0, length), () => setTimeout(() => response.destroy(), 150))
}

/** A Range header that asks for all but some first bytes; how many arrived before a cut is up to the machine. */
export const SOME_REST = /^bytes=[1-9]\d*-$/

/** Answers a Range as a good server does. */
export function rest(request: IncomingMessage, response: ServerResponse, body: Uint8Array = BODY): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const range = { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }
  response
    .writeHead(start > 0 ? 206 : 200, { 'content-length': body.length - start, ...(start > 0 ? range : {}) })
    .end(body.subarray(start))
}

export const want = (urls: readonly string[], more: Partial<FetchRequest> = {}): FetchRequest => ({
  file: 'source.tar.gz',
  sha256: DIGEST,
  urls,
  at: { file: 'pkg/x/.fetch', line: 1, column: 1 },
  ...more,
})

/** Fetches into a new store with short patience; `said` holds the lines of progress. */
export async function fetchInto(
  root: string,
  requests: readonly FetchRequest[],
  more: Partial<FetchOptions> = {},
) {
  const said: string[] = []
  const plain = { good: (text: string) => text, bad: (text: string) => text }
  const outcome = await fetchAll(requests, {
    tree: root,
    store: join(root, 'store'),
    env: { COOLPORTS_DEBIAN_MIRRORS: '' },
    jobs: 4,
    verify: false,
    report: lines(text => said.push(text.trimEnd()), plain),
    apt: join(root, 'no-apt'),
    ...more,
    limits: { ...QUICK, ...more.limits },
  })
  return { outcome, said, message: outcome.ok ? undefined : outcome.error[0] }
}

export const QUICK = {
  ...LIMITS,
  connectMs: 2_000,
  idleMs: 300,
  backoffMs: 10,
  retryAfterMs: 500,
  reserveBytes: 0,
}

/** Every file the store keeps, with the folder of parts. */
export const kept = (root: string): readonly string[] =>
  readdirSync(join(root, 'store/distfiles'), { recursive: true })
    .map(String)
    .filter(name => name !== '.partial')
    .sort()
