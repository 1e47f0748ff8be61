import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { describe as describeFailure } from '../../../helpers/cache/failure.ts'
import { packageName } from '../../../helpers/cache/names.ts'
import { publisherOf } from '../../../helpers/cache/schemes.ts'
import { serve } from '../fetch/support.ts'

// What a web server does that is to take files by PUT. That nginx takes them all transports are tried for.

const folder = mkdtempSync(join(tmpdir(), 'cache-put-'))
const file = join(folder, 'file')
const BYTES = Buffer.alloc(3_000_000, 'the bytes of a package ')
writeFileSync(file, BYTES)
afterAll(() => rmSync(folder, { recursive: true }))

const NAME = packageName(sha256('key'))

interface Seen {
  readonly url: string | undefined
  readonly authorization: string | undefined
  readonly bytes: Buffer
}

/** What comes of it, and what the server saw; `answer` gets to see how many questions there were. */
async function put(
  answer: (request: IncomingMessage, response: Parameters<RequestListener>[1], count: number) => void,
  env = {},
  path = file,
) {
  const seen: Seen[] = []
  let count = 0
  const { url } = await serve((request, response) => {
    count += 1
    const at = count
    const { url, headers } = request
    buffer(request).then(
      bytes => {
        seen.push({ url, authorization: headers.authorization, bytes })
        answer(request, response, at)
      },
      () => {},
    )
  })
  const made = await publisherOf(`${url}/cache/`, { http_proxy: '', NETRC: netrc(new URL(url).port), ...env })
  if (!made.ok) throw new Error(made.error)
  const got = await made.value.put(NAME, path)
  await made.value.close()
  return { seen, got: got.ok ? 'taken' : describeFailure(got.error) }
}

function netrc(port: string): string {
  const path = join(folder, 'netrc')
  writeFileSync(path, `machine 127.0.0.1:${port} login ci password secret\n`)
  return path
}

describe('a file is put behind a web server', () => {
  test.each([200, 201, 204])('with its bytes, where that says %d', async status => {
    const { seen, got } = await put((_, response) => response.writeHead(status).end())
    expect(got).toBe('taken')
    expect(seen.map(({ url }) => url)).toEqual([`/cache/${NAME}`])
    expect(seen[0]?.bytes.equals(BYTES)).toBe(true)
  })

  test('as the user of ~/.netrc', async () => {
    const { seen } = await put((_, response) => response.end())
    expect(seen[0]?.authorization).toBe(`Basic ${btoa('ci:secret')}`)
  })

  test('once more, from its beginning, where a connection was closed as it was used', async () => {
    const { seen, got } = await put((request, response, count) =>
      count === 1 ? request.socket.destroy() : response.end(),
    )
    expect(got).toBe('taken')
    expect(seen.map(({ bytes }) => bytes.equals(BYTES))).toEqual([true, true])
  })
})

describe('a file is not put', () => {
  test.each<readonly [string, RequestListener, string]>([
    [
      'where files are only given',
      (_, r) => r.writeHead(405).end(),
      'an answer that is refused: HTTP 405: it takes no files by PUT there',
    ],
    ['where that is forbidden', (_, r) => r.writeHead(403).end(), 'HTTP 403'],
    ['where the disk is full', (_, r) => r.writeHead(507).end(), 'HTTP 507'],
    ['where the password is wrong', (_, r) => r.writeHead(401).end(), 'it does not take the password of'],
  ])('%s', async (_, answer, why) => {
    expect((await put(answer)).got).toContain(why)
  })

  test('where a redirect would lead it', async () => {
    const { seen, got } = await put((_, response) =>
      response.writeHead(307, { location: '/elsewhere' }).end(),
    )
    expect(got).toContain('a redirect that is refused: what is sent goes nowhere else')
    expect(seen).toHaveLength(1)
  })

  test('where nobody answers', async () => {
    const { got } = await put(request => request.socket.destroy())
    expect(got).toContain('no answer')
  })

  test('if it cannot be read', async () => {
    const { seen, got } = await put((_, response) => response.end(), {}, join(folder, 'none'))
    expect(got).toContain('there is no such file')
    expect(seen).toEqual([])
  })
})
