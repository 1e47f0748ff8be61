import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { describe as describeFailure } from '../../../helpers/cache/failure.ts'
import type { KeyId } from '../../../helpers/cache/minisign.ts'
import { packageName, recordName } from '../../../helpers/cache/names.ts'
import type { Place } from '../../../helpers/cache/place.ts'
import { begin, type Patience, receive } from '../../../helpers/cache/receive.ts'
import type { CacheRecord } from '../../../helpers/cache/record.ts'
import { placeOf } from '../../../helpers/cache/schemes.ts'
import { cut, serve } from '../fetch/support.ts'

const BODY = Buffer.alloc(1_000_000, 'the bytes of a package ')
const RECORD: CacheRecord = {
  name: 'x' as PackageName,
  version: '1-1',
  hash: sha256('key'),
  tar: sha256('tar'),
  gz: sha256(BODY),
  size: BODY.length,
  closure: [],
  builder: 'C5447F9039709639' as KeyId,
}
const PATIENT: Patience = { firstByteMs: 20_000, idleMs: 20_000, leastBytes: 1000 }

let folder: string
let place: Place
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-http-'))
})
afterEach(async () => {
  await place.close()
  rmSync(folder, { recursive: true })
})

async function received(patience = PATIENT) {
  const begun = await begin(place, [RECORD], patience, new AbortController().signal)
  return begun.ok ? receive(begun.value, join(folder, 'part')) : begun
}

async function get(answer: RequestListener, patience = PATIENT) {
  const { url } = await serve(answer)
  const made = await placeOf(url, { http_proxy: '', NETRC: '/nowhere' })
  if (!made.ok) throw new Error(made.error)
  place = made.value
  const got = await received(patience)
  expect(readdirSync(folder)).toEqual(got.ok ? ['part'] : [])
  if (got.ok) return 'the package'
  return got.error.kind === 'disk' ? got.error.code : describeFailure(got.error)
}

const whole: RequestListener = (_, response) => response.end(BODY)

test('a body that comes without its length is as good as one with it', async () => {
  expect(await get(whole)).toBe('the package')
})

test('a connection that the server closes as it is used is no fault of the server; the next one is asked', async () => {
  let asked = 0
  const closing: RequestListener = (request, response) =>
    ++asked === 1 ? request.socket.destroy() : whole(request, response)
  expect(await get(closing)).toBe('the package')
  expect(asked).toBe(2)
})

describe('a web server is left that', () => {
  test.each<readonly [string, RequestListener, string]>([
    ['answers 500', (_, response) => response.writeHead(500).end('no'), 'HTTP 500'],
    [
      'answers 403',
      (_, response) => response.writeHead(403).end('no'),
      'nothing: it does not have it (HTTP 403)',
    ],
    ['answers 206', (_, response) => response.writeHead(206).end(BODY), 'HTTP 206'],
    ['has nothing', (_, response) => response.writeHead(404).end('no'), 'nothing: it does not have it'],
    ['cuts the connection', (_, response) => cut(response, 1000, BODY), 'a part: it ends after'],
    [
      'tells another length',
      (_, response) => response.writeHead(200, { 'content-length': 10 }).end(BODY.subarray(0, 10)),
      'it has 10 bytes, not 1000000',
    ],
    [
      'never ends',
      (_, response) => {
        const go = (): void => {
          while (response.write(BODY));
          response.once('drain', go)
        }
        go()
      },
      'the package has more than 1000000 bytes',
    ],
    [
      'ends too soon, without a length',
      (_, response) => {
        response.write(BODY.subarray(0, 99))
        response.end(BODY.subarray(99, 900_000))
      },
      'a part: it ends after 900 kB of 1.0 MB',
    ],
    [
      'gives other bytes of the same length',
      (_, response) => response.end(Buffer.alloc(BODY.length, 'not the bytes of it ')),
      'the sha256 of the package is ',
    ],
    [
      'is a page where people log in',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in</html>'),
      'a part: it ends after 19 B',
    ],
    [
      'sends us to a file',
      (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
      'a redirect that is refused',
    ],
    [
      'sends us round in circles',
      (request, response) => response.writeHead(302, { location: String(request.url) }).end(),
      'a redirect that is refused',
    ],
    [
      'wants a password',
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic' }).end(),
      'HTTP 401: it wants a password, and in "/nowhere" there is none: there is no such file',
    ],
    ['says what is not HTTP', request => request.socket.end('nonsense\r\n\r\n'), 'no answer'],
  ])('%s', async (_, answer, said) => {
    expect(await get(answer)).toContain(said)
  })

  test('takes its time before the first byte', async () => {
    expect(await get(() => {}, { ...PATIENT, firstByteMs: 200 })).toBe('nothing within 0.2 s')
    expect(await get((_, response) => response.flushHeaders(), { ...PATIENT, firstByteMs: 200 })).toBe(
      'nothing within 0.2 s',
    )
  })

  test('stops in the middle', async () => {
    const half: RequestListener = (_, response) => response.write(BODY.subarray(0, 500_000))
    expect(await get(half, { ...PATIENT, idleMs: 200 })).toContain(
      'too little to wait for within 0.2 s, after',
    )
  })

  test('brings byte after byte', async () => {
    const drip: RequestListener = (request, response) => {
      const timer = setInterval(() => response.write('x'), 20)
      request.socket.on('close', () => clearInterval(timer))
    }
    expect(await get(drip, { ...PATIENT, idleMs: 400 })).toContain('too little to wait for within 0.4 s')
  })
})

test('a redirect to where the files lie is followed', async () => {
  const there = await serve(whole)
  expect(
    await get((request, response) =>
      response.writeHead(302, { location: `${there.url}${request.url}` }).end(),
    ),
  ).toBe('the package')
})

test('questions go through the proxy of the environment', async () => {
  const proxy = await serve(whole)
  const made = await placeOf('http://cache.invalid/packages', { http_proxy: proxy.url })
  if (!made.ok) throw new Error(made.error)
  place = made.value
  expect((await received()).ok).toBe(true)
  expect(proxy.asked[0]?.url).toBe(`http://cache.invalid/packages/${RECORD.hash}.tar.gz`)
})

test('proxies on the way are to ask whether a record is still the same, and may keep a package', async () => {
  const { url, asked } = await serve(whole)
  const made = await placeOf(url, { http_proxy: '' })
  if (!made.ok) throw new Error(made.error)
  place = made.value
  for (const name of [recordName(RECORD.hash, RECORD.builder), packageName(RECORD.hash)]) {
    const opened = await place.open(name, new AbortController().signal)
    if (opened.ok) opened.value.close()
  }
  expect(asked.map(({ headers }) => headers['cache-control'])).toEqual(['max-age=0', undefined])
})
