import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, connections, nextUrl } from '../../../helpers/http/http.ts'
import { LIMITS } from '../../../helpers/http/limits.ts'

describe('ask()', () => {
  /** What the client's streams hold by themselves: the last byte is what holds the server back. */
  const LENGTH = 64 * 1024

  it('bears a server that ends the connection before its answer is read', async () => {
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => {
        socket.write(`HTTP/1.0 200 OK\r\nContent-Length: ${LENGTH}\r\n\r\n`)
        setTimeout(() => socket.end(Buffer.alloc(LENGTH)), 50)
      })
    }).listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const made = connections({}, LIMITS)
    if (!made.ok) throw new Error(made.error.why)
    const asking = { dispatcher: made.value, limits: LIMITS, signal: AbortSignal.timeout(10_000) }
    const answer = await ask(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {}, asking)
    if (!answer.ok) throw new Error(answer.error.kind)
    await new Promise(resolve => setTimeout(resolve, 200))
    expect((await answer.value.body.arrayBuffer()).byteLength).toBe(LENGTH)
    await made.value.close()
    server.close()
  })
})

describe('a password of the netrc', () => {
  it('goes to the origin that is asked, also when it leads on there, and to no other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'http-netrc-'))
    const asked: unknown[] = []
    const server = createHttpServer((request, response) => {
      asked.push([request.headers.host, request.url, request.headers.authorization])
      const location =
        request.url === '/here' ? '/there' : request.url === '/there' ? `${other}/away` : undefined
      if (location) response.writeHead(302, { location }).end()
      else response.writeHead(401).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const [own, other] = [`127.0.0.1:${port}`, `http://localhost:${port}`]
    writeFileSync(
      join(folder, '.netrc'),
      'machine 127.0.0.1 login me password secret machine localhost login i',
    )
    const made = connections({ HOME: folder }, LIMITS)
    if (!made.ok) throw new Error(made.error.why)
    const asking = { dispatcher: made.value, limits: LIMITS, signal: AbortSignal.timeout(10_000) }
    const answer = await ask(`http://${own}/here`, {}, asking)
    const mine = `Basic ${Buffer.from('me:secret').toString('base64')}`
    expect(asked).toEqual([
      [own, '/here', mine],
      [own, '/there', mine],
      [`localhost:${port}`, '/away', undefined],
    ])
    expect(answer).toEqual({
      ok: false,
      error: { kind: 'password', why: `it leads to ${other}, which wants a password` },
    })
    await made.value.close()
    server.close()
    rmSync(folder, { recursive: true })
  })
})

describe('a name below localhost', () => {
  it('is this machine, whatever the name server says', async () => {
    const server = createHttpServer((request, response) => response.end(request.headers.host)).listen(0)
    await once(server, 'listening')
    const made = connections({}, LIMITS)
    if (!made.ok) throw new Error(made.error.why)
    const asking = { dispatcher: made.value, limits: LIMITS, signal: AbortSignal.timeout(10_000) }
    const host = `bafy.ipfs.localhost:${(server.address() as AddressInfo).port}`
    const answer = await ask(`http://${host}/`, {}, asking)
    expect(answer.ok && (await answer.value.body.text())).toBe(host)
    await made.value.close()
    server.close()
  })
})

describe('nextUrl()', () => {
  it('follows to another host, up to https, and by a relative path', () => {
    expect(nextUrl('http://a/b/c', 'https://d/e')).toEqual({ ok: true, value: 'https://d/e' })
    expect(nextUrl('http://a/b/c', '../e')).toEqual({ ok: true, value: 'http://a/e' })
  })

  it('never leads from https down to http', () => {
    expect(nextUrl('https://a/b', 'http://a/b')).toEqual({ ok: false, error: 'from https to "http://a/b"' })
    expect(nextUrl('https://a/b', 'http://a/b?signature=secret')).toEqual({
      ok: false,
      error: 'from https to "http://a/b?..."',
    })
  })

  it('never leads to a file of this machine, or with a password', () => {
    expect(nextUrl('http://a/b', 'file:///etc/passwd').ok).toBe(false)
    expect(nextUrl('http://a/b', 'http://me:secret@b/')).toEqual({
      ok: false,
      error: 'to "http://b/", which holds a user name or password: those go into ~/.netrc',
    })
  })

  it('leads nowhere without a place to go', () => {
    for (const location of [undefined, 'http://[', ['http://a', 'http://b']]) {
      expect(nextUrl('http://a/b', location)).toEqual({ ok: false, error: 'it leads nowhere' })
    }
  })
})
