import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { connections } from '../../../helpers/http/http.ts'
import { blobOfBytes } from '../../../helpers/oci/blob-source.ts'
import { describeOci, type OciFailure } from '../../../helpers/oci/failure.ts'
import { EMPTY_CONFIG, emptyConfig, formatManifest } from '../../../helpers/oci/manifest.ts'
import { pushBlob, pushManifest } from '../../../helpers/oci/push.ts'
import { getManifest } from '../../../helpers/oci/registry.ts'
import { Session } from '../../../helpers/oci/session.ts'
import { sendWithoutEnd } from '../../support/endless.ts'
import { later, QUICK, serve } from '../fetch/support.ts'
import { readBlob } from './blob.ts'

const BODY = Buffer.from('the bytes of a blob')
const BLOB = sha256(BODY)
const MANIFEST = Buffer.from(formatManifest({ config: emptyConfig(sha256(EMPTY_CONFIG)), layers: [] }))
const PASSWORD = { kind: 'password', user: 'alice', password: 'open sesame' } as const
const BASIC = `Basic ${Buffer.from('alice:open sesame').toString('base64')}`

/** A server of a busy machine takes its time. */
const PATIENT = { ...QUICK, idleMs: 10_000 }

/** A conversation with a server of the test, as somebody who has a password. */
function sessionWith(url: string, asked: string[] = [], limits = PATIENT): Session {
  const dispatcher = connections({}, limits)
  if (!dispatcher.ok) throw new Error(dispatcher.error.why)
  later(() => void dispatcher.value.destroy())
  return new Session(url.slice('http://'.length), {
    dispatcher: dispatcher.value,
    limits,
    credentials: async host => {
      asked.push(host)
      return { ok: true, value: PASSWORD }
    },
  })
}

const SILENT: RequestListener = () => {}

const why = (answer: { readonly ok: boolean; readonly error?: OciFailure }): string =>
  answer.error ? describeOci(answer.error) : 'it was believed'

const authorizations = (asked: readonly IncomingMessage[]) =>
  asked.map(({ headers }) => headers.authorization)

describe('a registry that lies about a blob', () => {
  test.each<[string, RequestListener, string]>([
    [
      'by a length that it does not keep',
      (_, response) => {
        response.writeHead(200, { 'content-length': BODY.length })
        response.write(BODY.subarray(0, 5), () => setTimeout(() => response.destroy(), 50))
      },
      'no answer',
    ],
    ['by sending nothing', SILENT, 'nothing more for 0.3 s'],
    ['by an error', (_, response) => response.writeHead(500).end('x'), 'HTTP 500'],
    [
      'by leading round in circles',
      (request, response) => response.writeHead(307, { location: request.url }).end(),
      'a redirect',
    ],
    [
      'by leading to a file',
      (_, response) => response.writeHead(307, { location: 'file:///etc/passwd' }).end(),
      'a redirect',
    ],
  ])('%s is not believed', async (_, listener, said) => {
    const { url } = await serve(listener)
    const limits = listener === SILENT ? QUICK : PATIENT
    expect(why(await readBlob(sessionWith(url, [], limits), 'a', BLOB))).toContain(said)
  })
})

describe('a registry that lies about a manifest', () => {
  test.each<[string, RequestListener, string]>([
    [
      'of 100 MB',
      (_, response) => {
        response.writeHead(200, { 'content-length': 100 << 20 })
        sendWithoutEnd(response)
      },
      'more than 4.2 MB',
    ],
    ['of 100 MB whose length is not told', (_, response) => sendWithoutEnd(response), 'more than 4.2 MB'],
    ['that is no JSON', (_, response) => response.end('<html>'), 'it is not JSON'],
    [
      'of another kind',
      (_, response) =>
        response.end(JSON.stringify({ ...JSON.parse(MANIFEST.toString()), mediaType: 'text/plain' })),
      'it is of another media type',
    ],
    ['that is a list', (_, response) => response.end('[]'), 'it is no object'],
    [
      'of another version',
      (_, response) => response.end('{"schemaVersion":1}'),
      'its schemaVersion is not 2',
    ],
    [
      'whose layer has a size below nothing',
      (_, response) =>
        response.end(
          JSON.stringify({
            ...JSON.parse(MANIFEST.toString()),
            layers: [{ mediaType: 'x', digest: `sha256:${BLOB}`, size: -1 }],
          }),
        ),
      'a layer is no descriptor',
    ],
    [
      'whose layer is named by a path',
      (_, response) =>
        response.end(
          JSON.stringify({
            ...JSON.parse(MANIFEST.toString()),
            layers: [{ mediaType: 'x', digest: 'sha256:../../etc/passwd', size: 1 }],
          }),
        ),
      'a layer is no descriptor',
    ],
    [
      'of another digest than it says',
      (_, response) => response.setHeader('docker-content-digest', `sha256:${BLOB}`).end(MANIFEST),
      'the manifest has another digest',
    ],
  ])('%s is not believed', async (_, listener, said) => {
    const { url } = await serve(listener)
    expect(why(await getManifest(sessionWith(url), 'a', { tag: 'x' }))).toContain(said)
  })

  test('asked for by its digest is not believed with another', async () => {
    const { url } = await serve((_request, response) => response.end(MANIFEST))
    expect(why(await getManifest(sessionWith(url), 'a', { digest: BLOB }))).toContain('another digest')
  })
})

describe('a password', () => {
  test('is not told to whom the registry leads', async () => {
    const elsewhere = await serve((_request, response) => response.end(BODY))
    const registry = await serve((request, response) =>
      request.headers.authorization === BASIC
        ? response.writeHead(307, { location: `${elsewhere.url}/blob` }).end()
        : response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    expect(await readBlob(sessionWith(registry.url), 'a', BLOB)).toEqual({ ok: true, value: BODY })
    expect(authorizations(registry.asked)).toEqual([undefined, BASIC])
    expect(authorizations(elsewhere.asked)).toEqual([undefined])
  })

  test('is not told to whom the registry has an upload sent', async () => {
    const elsewhere = await serve((_request, response) => response.writeHead(201).end())
    const registry = await serve((request, response) =>
      request.headers.authorization === BASIC
        ? response.end(BODY)
        : response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    const session = sessionWith(registry.url)
    expect(await readBlob(session, 'a', BLOB)).toEqual({ ok: true, value: BODY })
    const upload = {
      method: 'PUT',
      url: new URL(`${elsewhere.url}/upload`),
      scopes: ['repository:a:pull'],
    } as const
    expect((await session.ask(upload)).ok).toBe(true)
    expect(authorizations(elsewhere.asked)).toEqual([undefined])
  })

  test('is not told to whom the registry leads and who then asks for it', async () => {
    const elsewhere = await serve((_request, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    const registry = await serve((_request, response) =>
      response.writeHead(307, { location: `${elsewhere.url}/blob` }).end(),
    )
    const asked: string[] = []
    expect(why(await readBlob(sessionWith(registry.url, asked), 'a', BLOB))).toContain('HTTP 401')
    expect(asked).toEqual([])
    expect(authorizations(elsewhere.asked)).toEqual([undefined])
  })

  test.each([
    'http://registry.example/token',
    'file:///etc/passwd',
    'https://user:word@registry.example/',
    '/token',
    '',
  ])('is not told to a token server at %j', async realm => {
    const { url } = await serve((_request, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end(),
    )
    expect(why(await readBlob(sessionWith(url), 'a', BLOB))).toMatch(/names a token server/)
  })

  test('is told to the token server alone, and the token to the registry', async () => {
    const tokens = await serve((_request, response) => response.end('{"token":"abc","expires_in":60}'))
    const registry = await serve((request, response) =>
      request.headers.authorization === 'Bearer abc'
        ? response.end(BODY)
        : response
            .writeHead(401, {
              'www-authenticate': `Bearer realm="${tokens.url}/token",service="the registry"`,
            })
            .end(),
    )
    const session = sessionWith(registry.url)
    expect(await readBlob(session, 'a/b', BLOB)).toEqual({ ok: true, value: BODY })
    expect(await readBlob(session, 'a/b', BLOB)).toEqual({ ok: true, value: BODY })
    expect(authorizations(registry.asked)).toEqual([undefined, 'Bearer abc', 'Bearer abc'])
    expect(authorizations(tokens.asked)).toEqual([BASIC])
    expect(tokens.asked[0]?.url).toBe('/token?service=the+registry&scope=repository%3Aa%2Fb%3Apull')
  })

  test.each(['{"token":"a\\r\\nx: y"}', '{"token":7}', '{}', 'x', `{"token":"${'x'.repeat(300_000)}"}`])(
    'buys no token that is none (%#)',
    async text => {
      const tokens = await serve((_request, response) => response.end(text))
      const { url } = await serve((_request, response) =>
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}"` }).end(),
      )
      expect((await readBlob(sessionWith(url), 'a', BLOB)).ok).toBe(false)
    },
  )

  test('that is refused is not tried for ever', async () => {
    const { url, asked } = await serve((_request, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    expect(why(await readBlob(sessionWith(url), 'a', BLOB))).toContain('does not take the password')
    expect(asked.length).toBe(2)
  })
})

describe('a push to a registry', () => {
  // Under the name 127.1 this machine is not asked by plain http.
  test('that speaks plain http in place of TLS is refused at once, and says so', async () => {
    const { url } = await serve((_, response) => response.writeHead(404).end())
    const session = sessionWith(url.replace('127.0.0.1', '127.1'))
    const limits = { ...PATIENT, backoffMs: 60_000 }
    const pushed = await pushBlob(blobOfBytes(BODY), { session, limits, repository: 'a' })
    expect(why(pushed)).toBe('no answer: it speaks no TLS, but perhaps plain http')
  })

  test('that leads the upload to where others read along is refused', async () => {
    const { url } = await serve((request, response) =>
      request.method === 'POST'
        ? response.writeHead(202, { location: 'http://registry.example/upload' }).end()
        : response.writeHead(404).end(),
    )
    const pushing = { session: sessionWith(url), limits: PATIENT, repository: 'a' }
    expect(why(await pushBlob(blobOfBytes(BODY), pushing))).toContain('a redirect that is refused')
  })

  test('that says to have got something else is refused', async () => {
    const { url } = await serve((request, response) => {
      request.resume()
      request.on('end', () =>
        request.method === 'POST'
          ? response.writeHead(202, { location: '/upload' }).end()
          : request.method === 'PUT'
            ? response.writeHead(201, { 'docker-content-digest': `sha256:${sha256('x')}` }).end()
            : response.writeHead(404).end(),
      )
    })
    const pushing = { session: sessionWith(url), limits: PATIENT, repository: 'a' }
    expect(why(await pushBlob(blobOfBytes(BODY), pushing))).toContain('the blob there has another digest')
    expect(why(await pushManifest(MANIFEST, 'x', pushing))).toContain('the manifest there has another digest')
  })

  test('goes on where the registry says it stands when the connection is cut', async () => {
    const bytes = Buffer.alloc(130 << 20, 'a long layer. ')
    const blob = blobOfBytes(bytes)
    const hash = createHash('sha256')
    let stands = 0
    let patches = 0
    const { url } = await serve((request, response) => {
      const location = '/v2/a/blobs/uploads/1?_state=x'
      const range = (): string => `0-${stands - 1}`
      switch (request.method) {
        case 'HEAD':
          return response.writeHead(404).end()
        case 'POST':
          return request.resume().on('end', () => response.writeHead(202, { location }).end())
        case 'GET':
          return response.writeHead(204, { location, range: range() }).end()
        case 'PATCH': {
          patches += 1
          const cut = patches === 2 ? 10 << 20 : Number.POSITIVE_INFINITY
          let got = 0
          request.on('data', (chunk: Buffer) => {
            const part = chunk.subarray(0, Math.max(0, cut - got))
            got += part.length
            stands += part.length
            hash.update(part)
            if (got >= cut) request.destroy()
          })
          return request.on('end', () => response.writeHead(202, { location, range: range() }).end())
        }
        default:
          return response
            .writeHead(request.url?.includes(`digest=sha256%3A${hash.digest('hex')}`) ? 201 : 400)
            .end()
      }
    })
    const pushing = { session: sessionWith(url), limits: PATIENT, repository: 'a' }
    expect(await pushBlob(blob, pushing)).toEqual({ ok: true, value: 'sent' })
    expect(stands).toBe(bytes.length)
    expect(patches).toBe(3)
  })

  test('that is no longer read is given up, long before an answer would be', async () => {
    const { url } = await serve((request, response) => {
      if (request.method === 'POST') response.writeHead(202, { location: '/upload' }).end()
      else if (request.method !== 'PUT') response.writeHead(404).end()
      // Whatever comes with a PUT stays where it is.
    })
    const size = 32 << 20 // more than the network takes by itself
    const blob = {
      digest: BLOB,
      size,
      read: async function* () {
        for (let sent = 0; sent < size; sent += 65536) yield Buffer.alloc(65536)
      },
    }
    const pushing = { session: sessionWith(url, [], QUICK), limits: QUICK, repository: 'a' }
    expect(why(await pushBlob(blob, pushing))).toContain('nothing more for 0.6 s')
  })

  test('is sent whole where nobody may share what the other repository has', async () => {
    const { url } = await serve((request, response) => {
      request.resume().on('end', () => {
        if (request.url?.includes('mount='))
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
        else if (request.method === 'POST') response.writeHead(202, { location: '/upload' }).end()
        else response.writeHead(request.method === 'PUT' ? 201 : 404).end()
      })
    })
    const pushing = { session: sessionWith(url), limits: PATIENT, repository: 'a', mountFrom: ['b'] }
    expect(await pushBlob(blobOfBytes(BODY), pushing)).toEqual({ ok: true, value: 'sent' })
  })

  /** Takes each blob, and a manifest as the listener likes. */
  const takes =
    (manifest: RequestListener): RequestListener =>
    (request, response) => {
      request.resume().on('end', () => {
        if (request.url?.includes('/manifests/')) manifest(request, response)
        else if (request.method === 'POST') response.writeHead(202, { location: '/upload' }).end()
        else response.writeHead(request.method === 'PUT' ? 201 : 404).end()
      })
    }

  const refused = (status: number, code: string, message: string): RequestListener => {
    const text = JSON.stringify({ errors: [{ code, message, detail: {} }] })
    return (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(text)
  }

  test.each<[string, RequestListener, string]>([
    ['words', refused(400, 'TAG_INVALID', 'the tag is there'), 'HTTP 400: "TAG_INVALID: the tag is there"'],
    [
      'the words of who has no room left',
      refused(403, 'DENIED', 'quota exceeded'),
      'HTTP 403 (forbidden): "DENIED: quota exceeded"',
    ],
    ['what a terminal would obey', refused(400, 'X', '\x1b[2J\nno'), 'HTTP 400: "X: \\u001b[2J\\nno"'],
    ['a page', (_, response) => response.writeHead(413).end('<html>'), 'HTTP 413 (too large)'],
    ['too many words', refused(400, 'X', 'y'.repeat(1 << 20)), 'HTTP 400'],
    ['another form', (_, response) => response.writeHead(400).end('{"errors":[null]}'), 'HTTP 400'],
  ])('that is refused with %s says why', async (_, listener, said) => {
    const { url } = await serve(takes(listener))
    const pushing = { session: sessionWith(url), limits: PATIENT, repository: 'a' }
    expect(why(await pushManifest(MANIFEST, 'x', pushing))).toBe(said)
  })

  test('waits as long as the registry asks for, within the limits', async () => {
    const times: number[] = []
    const { url } = await serve(
      takes((_, response) => {
        times.push(performance.now())
        const retryAfter = times.length === 1 ? '1' : '3600'
        response.writeHead(times.length < 3 ? 429 : 201, { 'retry-after': retryAfter }).end()
      }),
    )
    const limits = { ...PATIENT, retryAfterMs: 1_500 }
    const pushing = { session: sessionWith(url), limits, repository: 'a' }
    expect(await pushManifest(MANIFEST, 'x', pushing)).toMatchObject({ ok: true })
    const [first = 0, second = 0, third = 0] = times
    expect(second - first).toBeGreaterThan(950)
    expect(third - second).toBeGreaterThan(1_450)
  })

  test('of what somebody else pushes just then goes again where the registry takes that for a wrong digest', async () => {
    let asked = 0
    const { url } = await serve(
      takes((request, response) => {
        asked += 1
        if (asked > 1) response.writeHead(201).end()
        else refused(400, 'DIGEST_INVALID', 'provided digest did not match')(request, response)
      }),
    )
    const pushing = { session: sessionWith(url), limits: PATIENT, repository: 'a' }
    expect(await pushManifest(MANIFEST, 'x', pushing)).toMatchObject({ ok: true })
    expect(asked).toBe(2)
  })
})
