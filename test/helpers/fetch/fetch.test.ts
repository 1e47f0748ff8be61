import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { formatMessage } from '../../../core/message.ts'
import { PACKAGE_TIME } from '../../../helpers/tar/entry.ts'
import { sendWithoutEnd } from '../../support/endless.ts'
import {
  BODY,
  cut,
  DIGEST,
  fetchInto,
  folder,
  kept,
  LIE,
  put,
  QUICK,
  rest,
  SOME_REST,
  serve,
  want,
  whole,
} from './support.ts'

const stored = (root: string): Uint8Array => readFileSync(join(root, 'store/distfiles', DIGEST))

describe('fetchAll()', () => {
  it('brings a source into the store under its digest, read-only, with the time of all, and says so in plain lines', async () => {
    const root = folder()
    const { url } = await serve(whole())
    const { outcome, said } = await fetchInto(root, [want([`${url}/source.tar.gz`])])
    expect(outcome.ok).toBe(true)
    expect(stored(root)).toEqual(BODY)
    const stats = statSync(join(root, 'store/distfiles', DIGEST))
    expect([stats.mode & 0o777, stats.mtimeMs]).toEqual([0o444, PACKAGE_TIME * 1000])
    expect(said).toEqual([
      `fetch source.tar.gz from ${url.slice(7)}`,
      'fetched source.tar.gz 300 kB sha256 ok',
    ])
    expect(kept(root)).toEqual([DIGEST])
  })

  it('asks nobody and says nothing when the source is there', async () => {
    const root = folder()
    const { url, asked } = await serve(whole())
    await fetchInto(root, [want([url])])
    const { outcome, said } = await fetchInto(root, [want([url])])
    expect([outcome.ok, said, asked.length]).toEqual([true, [], 1])
  })

  it('calls a page in its place a page, and does not say that the digest may be another now', async () => {
    const page: RequestListener = (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>log in</html>')
    const { url } = await serve(page)
    const { message } = await fetchInto(folder(), [want([`${url}/a`])])
    const text = formatMessage('do-fetch', message ?? { cannot: '', why: '' })
    expect(text).toContain('  got  a web page in its place: sha256 ')
    expect(text).toContain('\n  look at that page in a browser: ')
    const { url: other } = await serve(whole(LIE))
    const both = await fetchInto(folder(), [want([`${url}/a`, `${other}/a`])])
    expect(both.message?.remedy).toContain('what changed before the new digest goes into the manifest')
  })

  it('asks for another url where none can be spoken to, and not for the network', async () => {
    const { message } = await fetchInto(folder(), [want(['ftp://h/x'])])
    expect(message?.remedy).toContain('give the source an https: url')
  })

  it('tells that a server has compressed what it was asked for as it is', async () => {
    const zipped: RequestListener = (_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'))
    const { url } = await serve(zipped)
    const plain = { ...want([`${url}/a`]), file: 'a.patch' }
    const { message } = await fetchInto(folder(), [plain])
    const text = formatMessage('do-fetch', message ?? { cannot: '', why: '' })
    expect(text).toContain('  got  what it compressed, unasked (Content-Encoding): sha256 ')
    expect(text).toContain('\n  name another url: ')
    // Of a file that is compressed itself Apache says the same, and gives it as it is.
    const { message: other } = await fetchInto(folder(), [want([`${url}/a`])])
    expect(other?.remedy).toContain('what changed before the new digest goes into the manifest')
  })

  it('keeps nothing of a wrong digest, and shows what was wanted, what came and from where', async () => {
    const root = folder()
    const { url, asked } = await serve(whole(LIE))
    const { message } = await fetchInto(root, [want([`${url}/a`])])
    expect(
      formatMessage('do-fetch', message ?? { cannot: '', why: '' }),
    ).toBe(`do-fetch: cannot fetch "source.tar.gz": the only place does not give it
  for  pkg/x/.fetch:1
  want sha256 ${DIGEST}
  from ${url}/a
  got  sha256 ${sha256(LIE)} (300 kB)
  if the file was replaced by its makers, look at what changed before the new digest goes into the manifest`)
    expect([kept(root), asked.length]).toEqual([[], 1])
  })

  it('goes on to the honest place after one that lies', async () => {
    const root = folder()
    const liar = await serve(whole(LIE))
    const honest = await serve(whole())
    put(join(root, 'mirrors/http'), `sha256: *\nurl: ${liar.url}/{sha256}\n`)
    const { outcome, said } = await fetchInto(root, [want([honest.url])])
    expect(outcome.ok).toBe(true)
    expect(liar.asked[0]?.url).toBe(`/${DIGEST}`)
    expect(said[1]).toContain(`gave sha256 ${sha256(LIE)}`)
  })

  it('names every place and its failure when all fail', async () => {
    const root = folder()
    const liar = await serve(whole(LIE))
    const gone = await serve((_request, response) => response.writeHead(404).end())
    const { message } = await fetchInto(root, [
      want([liar.url, gone.url, 'ftp://h/x', `file://${root}/none`]),
    ])
    expect(message?.why).toBe('none of 4 places gives it')
    expect(message?.facts?.filter(([label]) => label === 'got').map(([, value]) => value)).toEqual([
      `sha256 ${sha256(LIE)} (300 kB)`,
      'HTTP 404 (not found)',
      'nothing: ftp: urls are not supported',
      'nothing: there is no such file',
    ])
    expect(message?.remedy).toBe('check the digest in the manifest first, then the network and the proxy')
  })

  it('says to name an archive of Debian only where mirrors/debian has a path in it', async () => {
    const root = folder()
    const gone = await serve((_request, response) => response.writeHead(404).end())
    const without = await fetchInto(root, [want([gone.url])])
    expect(without.message?.remedy).toContain('say in mirrors/debian')
    put(join(root, 'mirrors/debian'), `sha256: ${DIGEST}\npath: pool/a\n`)
    const had = await fetchInto(root, [want([gone.url])], { env: { COOLPORTS_DEBIAN_MIRRORS: gone.url } })
    expect(had.message?.remedy).toContain('COOLPORTS_DEBIAN_MIRRORS')
  })

  it('tells of every source that cannot be had, and keeps the others', async () => {
    const root = folder()
    const { url } = await serve((request, response) =>
      request.url === '/ok' ? whole()(request, response) : response.writeHead(404).end(),
    )
    const bad = [1, 2].map(n => want([`${url}/${n}`], { file: `${n}.tar`, sha256: sha256(`${n}`) }))
    const { outcome } = await fetchInto(root, [bad[0] ?? want([]), want([`${url}/ok`]), bad[1] ?? want([])], {
      jobs: 1,
    })
    expect(outcome.ok ? [] : outcome.error.map(({ cannot }) => cannot)).toEqual([
      'fetch "1.tar"',
      'fetch "2.tar"',
    ])
    expect(kept(root)).toEqual([DIGEST])
  })

  it('fetches a source once that two packages want, from the urls of both', async () => {
    const root = folder()
    const gone = await serve((_request, response) => response.writeHead(404).end())
    const good = await serve(whole())
    const { outcome } = await fetchInto(root, [want([gone.url]), want([good.url], { file: 'other.tar' })])
    expect([outcome.ok && outcome.value.length, good.asked.length]).toEqual([1, 1])
  })

  it('fetches several sources at once, but no more than asked for', async () => {
    const root = folder()
    let now = 0
    let most = 0
    const { url } = await serve((request, response) => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        response.end(request.url)
      }, 50)
    })
    const all = [1, 2, 3, 4, 5, 6].map(n => want([`${url}/${n}`], { file: `${n}`, sha256: sha256(`/${n}`) }))
    expect((await fetchInto(root, all, { jobs: 3 })).outcome.ok).toBe(true)
    expect(most).toBe(3)
  })
})

describe('a download that breaks', () => {
  it('is resumed by a range after a cut', async () => {
    const root = folder()
    const { url, asked } = await serve((request, response) =>
      request.headers.range ? rest(request, response) : cut(response, 100_000),
    )
    const { outcome } = await fetchInto(root, [want([url])])
    expect(outcome.ok).toBe(true)
    expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, expect.stringMatching(SOME_REST)])
    expect(stored(root)).toEqual(BODY)
  })

  it('may break more often than a place is asked, as long as it gets on', async () => {
    const root = folder()
    const long = Buffer.concat(Array.from({ length: 20 }, () => BODY))
    const { url, asked } = await serve((request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0])
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': long.length - start,
        ...(start > 0 ? { 'content-range': `bytes ${start}-${long.length - 1}/${long.length}` } : {}),
      })
      response.write(long.subarray(start, start + 1_200_000), () => setTimeout(() => response.destroy(), 100))
    })
    const { outcome } = await fetchInto(root, [want([url], { sha256: sha256(long) })])
    expect(outcome.ok).toBe(true)
    expect(asked.length).toBeGreaterThan(3)
  })

  it('is resumed only if the file is still the same, where the server has a strong etag', async () => {
    const root = folder()
    let turn = 0
    const { url, asked } = await serve((_request, response) => {
      response.setHeader('etag', `"${turn}"`)
      if (turn++ === 0) cut(response, 100_000)
      else whole()(_request, response)
    })
    expect((await fetchInto(root, [want([url])])).outcome.ok).toBe(true)
    expect(asked[1]?.headers['if-range']).toBe('"0"')
  })

  it('starts again where a server knows no ranges', async () => {
    const root = folder()
    let turn = 0
    const { url } = await serve((request, response) =>
      turn++ === 0 ? cut(response, 100_000) : whole()(request, response),
    )
    expect((await fetchInto(root, [want([url])])).outcome.ok).toBe(true)
    expect(stored(root)).toEqual(BODY)
  })

  it('starts again where a server answers another range than was asked for', async () => {
    const root = folder()
    let turn = 0
    const { url, asked } = await serve((_request, response) => {
      if (turn++ === 0) cut(response, 100_000)
      else if (turn === 2)
        response.writeHead(206, { 'content-range': `bytes 5-299999/300000` }).end(BODY.subarray(5))
      else whole()(_request, response)
    })
    expect((await fetchInto(root, [want([url])])).outcome.ok).toBe(true)
    expect(asked.map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(SOME_REST),
      undefined,
    ])
  })

  it('does not blame an honest place for the first half of a liar', async () => {
    const root = folder()
    const liar = await serve((request, response) =>
      request.headers.range ? response.writeHead(500).end() : cut(response, 100_000, LIE),
    )
    const honest = await serve(rest)
    const { outcome } = await fetchInto(root, [want([liar.url, honest.url])])
    expect(outcome.ok).toBe(true)
    expect(honest.asked.map(({ headers }) => headers.range)).toEqual([
      expect.stringMatching(SOME_REST),
      undefined,
    ])
  })

  it('goes on at the next place with what the first one gave', async () => {
    const root = folder()
    const first = await serve((request, response) =>
      request.headers.range ? response.writeHead(404).end() : cut(response, 100_000),
    )
    const second = await serve(rest)
    expect((await fetchInto(root, [want([first.url, second.url])])).outcome.ok).toBe(true)
    expect(second.asked.map(({ headers }) => headers.range)).toEqual([expect.stringMatching(SOME_REST)])
  })

  it('is truncated: a Content-Length that is never reached is no success, and the next run goes on', async () => {
    const root = folder()
    const short = await serve((request, response) =>
      request.headers.range ? response.writeHead(503).end() : cut(response, 200_000),
    )
    const { message } = await fetchInto(root, [want([short.url])])
    expect(message?.facts?.at(-1)?.[1]).toBe('HTTP 503 (unavailable)')
    expect(kept(root)).toEqual([`.partial/${DIGEST}`])
    const good = await serve(rest)
    expect((await fetchInto(root, [want([good.url])])).outcome.ok).toBe(true)
    expect(good.asked[0]?.headers.range).toMatch(SOME_REST)
    expect(kept(root)).toEqual([DIGEST])
  })

  it('is not asked for at all when every byte was there before the last run was stopped', async () => {
    const root = folder()
    put(join(root, `store/distfiles/.partial/${DIGEST}`), BODY)
    expect((await fetchInto(root, [want([])])).outcome.ok).toBe(true)
    expect(kept(root)).toEqual([DIGEST])
  })

  it('is retried elsewhere when a server never answers', async () => {
    const root = folder()
    const hanging = await serve(() => {})
    const good = await serve(whole())
    const begun = Date.now()
    expect((await fetchInto(root, [want([hanging.url, good.url])])).outcome.ok).toBe(true)
    expect([hanging.asked.length, Date.now() - begun < 3000]).toEqual([1, true])
  })

  it('is asked last for the other sources of a run when it kept one waiting', async () => {
    const root = folder()
    const hanging = await serve(() => {})
    const bodies = [BODY, LIE]
    const good = await serve((request, response) =>
      whole(bodies[Number(request.url?.slice(1))])(request, response),
    )
    const requests = bodies.map((body, index) =>
      want([`${hanging.url}/${index}`, `${good.url}/${index}`], { sha256: sha256(body) }),
    )
    expect((await fetchInto(root, requests, { jobs: 1 })).outcome.ok).toBe(true)
    expect([hanging.asked.length, good.asked.length]).toEqual([1, 2])
    // And yet it is asked where nobody else has the source.
    const alone = [want([hanging.url]), want([`${hanging.url}/x`], { sha256: sha256('x') })]
    expect(
      (await fetchInto(folder(), alone, { jobs: 1, limits: { ...QUICK, attempts: 1 } })).outcome.ok,
    ).toBe(false)
    expect(hanging.asked.length).toBe(3)
  })

  it('is asked first of a place that was slow, and gave another source of the run after all', async () => {
    const bodies = [BODY, LIE]
    const slow = await serve((request, response) => {
      const give = () => whole(bodies[Number(request.url?.slice(1))])(request, response)
      setTimeout(give, request.url === '/0' ? 400 : 0)
    })
    const without = await serve((_, response) => response.writeHead(404).end())
    const requests = bodies.map((body, index) =>
      want([`${slow.url}/${index}`, `${without.url}/${index}`], { sha256: sha256(body) }),
    )
    const limits = { ...QUICK, idleMs: 60_000, nextAfterMs: 200 }
    expect((await fetchInto(folder(), requests, { jobs: 1, limits })).outcome.ok).toBe(true)
    expect(without.asked.map(({ url }) => url)).toEqual(['/0'])
  })

  it('is not waited for long where a place says nothing, as long as others were not asked', async () => {
    const silent = await serve(() => {})
    const good = await serve(whole())
    const limits = { ...QUICK, idleMs: 60_000, nextAfterMs: 200 }
    const { outcome, said } = await fetchInto(folder(), [want([silent.url, good.url])], { limits })
    expect(outcome).toMatchObject({ ok: true, value: [{ from: { url: good.url } }] })
    expect(said.join('\n')).toContain('gave nothing for 0.2 s; asking the next place as well')
  })

  it('is taken from a slow place that was left waiting, when no other has it', async () => {
    const slow = await serve((request, response) => setTimeout(() => whole()(request, response), 900))
    const without = await serve((_, response) => response.writeHead(404).end())
    const limits = { ...QUICK, idleMs: 60_000, nextAfterMs: 200 }
    const { outcome } = await fetchInto(folder(), [want([slow.url, without.url])], { limits })
    expect(outcome).toMatchObject({ ok: true, value: [{ from: { url: slow.url } }] })
    expect(slow.asked.length).toBe(1)
  })

  it('is taken from the first that gives anything, though another one was asked before, or answered before', async () => {
    const mute = await serve((_, response) => {
      response.writeHead(200, { 'content-length': BODY.length }).flushHeaders()
    })
    const slow = await serve((request, response) => setTimeout(() => whole()(request, response), 300))
    const last = await serve(() => {})
    const limits = { ...QUICK, idleMs: 60_000, nextAfterMs: 200 }
    const { outcome, said } = await fetchInto(folder(), [want([mute.url, slow.url, last.url])], { limits })
    expect(outcome).toMatchObject({ ok: true, value: [{ from: { url: slow.url } }] })
    expect([mute, slow, last].map(({ asked }) => asked.length)).toEqual([1, 1, 1])
    // The last of these lines names who gives.
    expect(said.filter(line => / from /.test(line)).map(line => line.split(' from ')[1])).toEqual(
      [mute, slow, last, slow].map(({ url }) => url.replace('http://', '')),
    )
  })

  it('is given up by those that were asked in vain as soon as one gives it', async () => {
    const closed: string[] = []
    const hanging = await serve((_, response) => response.on('close', () => closed.push('hanging')))
    const good = await serve((_, response) => {
      response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 10))
      setTimeout(() => {
        closed.push('good')
        response.end(BODY.subarray(10))
      }, 500)
    })
    const limits = { ...QUICK, idleMs: 60_000, nextAfterMs: 100 }
    expect((await fetchInto(folder(), [want([hanging.url, good.url])], { limits })).outcome.ok).toBe(true)
    expect(closed).toEqual(['hanging', 'good'])
  })

  it('goes on at a place that was slow and then gave bytes, before others are asked again', async () => {
    const root = folder()
    const slow = await serve((request, response) =>
      setTimeout(() => (request.headers.range ? rest(request, response) : cut(response, 100_000)), 400),
    )
    const other = await serve(() => {})
    const limits = { ...QUICK, idleMs: 60_000, nextAfterMs: 200 }
    expect((await fetchInto(root, [want([slow.url, other.url])], { limits })).outcome.ok).toBe(true)
    expect(slow.asked.map(({ headers }) => headers.range)).toEqual([
      undefined,
      expect.stringMatching(SOME_REST),
    ])
    expect(other.asked.filter(({ headers }) => headers.range === undefined)).toHaveLength(1)
  })

  it('is asked for at the next place while a server makes a pause', async () => {
    const busy = await serve((_, response) => response.writeHead(429, { 'retry-after': '50' }).end())
    const good = await serve(whole())
    const limits = { ...QUICK, retryAfterMs: 60_000, nextAfterMs: 60_000 }
    const { outcome, said } = await fetchInto(folder(), [want([busy.url, good.url])], { limits })
    expect(outcome.ok).toBe(true)
    expect(said[1]).toContain('gave HTTP 429 (too many requests); asking the next place as well')
  })

  it('is asked first of a place that made a pause for another source, and is well again', async () => {
    const bodies = [BODY, LIE]
    const give: RequestListener = (request, response) =>
      whole(bodies[Number(request.url?.slice(1))])(request, response)
    const first = await serve((request, response) => {
      if (first.asked.length === 1) response.writeHead(503).end()
      else give(request, response)
    })
    const other = await serve(give)
    const requests = bodies.map((body, index) =>
      want([`${first.url}/${index}`, `${other.url}/${index}`], { sha256: sha256(body) }),
    )
    const limits = { ...QUICK, backoffMs: 60_000, nextAfterMs: 60_000 }
    expect((await fetchInto(folder(), requests, { jobs: 1, limits })).outcome.ok).toBe(true)
    expect(other.asked.map(({ url }) => url)).toEqual(['/0'])
  })

  it('is waited for once a place has begun to give it', async () => {
    const slow = await serve((_, response) => {
      response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 10))
      setTimeout(() => response.end(BODY.subarray(10)), 900)
    })
    const other = await serve(whole())
    const limits = { ...QUICK, idleMs: 60_000, nextAfterMs: 200 }
    const { outcome } = await fetchInto(folder(), [want([slow.url, other.url])], { limits })
    expect(outcome).toMatchObject({ ok: true, value: [{ from: { url: slow.url } }] })
    expect(other.asked.length).toBe(0)
  })

  describe('of which a place gives a part, and then nothing,', () => {
    const limits = { ...QUICK, idleMs: 60_000, stallMs: 200 }
    const stalling = (later: RequestListener) =>
      serve((request, response) => {
        if (request.headers.range !== undefined) return later(request, response)
        response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 50_000))
      })

    it('is taken from the next one soon, with what was given', async () => {
      const silent = await stalling(() => {})
      const good = await serve(rest)
      const { outcome, said } = await fetchInto(folder(), [want([silent.url, good.url])], { limits })
      expect(outcome).toMatchObject({ ok: true, value: [{ from: { url: good.url } }] })
      expect(said.join('\n')).toContain(
        'gave nothing more for 0.2 s after 50.0 kB; asking the next place as well',
      )
      expect(good.asked[0]?.headers.range).toBe('bytes=50000-')
    })

    it('is asked for there once more when the others have nothing', async () => {
      const silent = await stalling(rest)
      const without = await serve((_, response) => response.writeHead(404).end())
      const { outcome } = await fetchInto(folder(), [want([silent.url, without.url])], { limits })
      expect(outcome).toMatchObject({ ok: true, value: [{ from: { url: silent.url } }] })
    })

    it('is not asked for there for ever, where all do so', async () => {
      const begin: RequestListener = (_, response) => {
        response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 50_000))
      }
      const all = await Promise.all([serve(begin), serve(begin)])
      const short = { ...limits, idleMs: 400, attempts: 2 }
      const { outcome } = await fetchInto(folder(), [want(all.map(({ url }) => url))], { limits: short })
      expect(outcome.ok).toBe(false)
      expect(all.map(({ asked }) => asked.length)).toEqual([2, 2])
    })
  })

  it('is retried elsewhere when a server falls silent in the middle, with what it gave', async () => {
    const root = folder()
    const silent = await serve(
      (_request, response) =>
        void response.writeHead(200, { 'content-length': 300_000 }).write(BODY.subarray(0, 50_000)),
    )
    const good = await serve(rest)
    const { outcome, said } = await fetchInto(root, [want([silent.url, good.url])])
    expect(outcome.ok).toBe(true)
    expect(said.join('\n')).toContain('gave nothing more for 0.3 s after 50.0 kB; asking the next place')
    expect(good.asked[0]?.headers.range).toBe('bytes=50000-')
  })

  it('is taken where its server says no length and does not end it', async () => {
    const root = folder()
    const { url, asked } = await serve((_request, response) => {
      response.write(BODY, () => setTimeout(() => response.destroy(), 50))
    })
    expect((await fetchInto(root, [want([url])])).outcome.ok).toBe(true)
    expect(stored(root)).toEqual(BODY)
    expect(asked).toHaveLength(1)
  })

  it('is told as cut where its server says no length', async () => {
    const { url } = await serve((_request, response) => {
      response.write(BODY.subarray(0, 1000), () => setTimeout(() => response.destroy(), 50))
    })
    const { message } = await fetchInto(folder(), [want([url])], { limits: { ...QUICK, attempts: 1 } })
    expect(message?.facts?.at(-1)).toEqual(['got', 'the connection was cut after 1.0 kB'])
  })

  it('is taken where its server announces more than there is', async () => {
    const root = folder()
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': BODY.length + 999 })
      response.write(BODY)
      setTimeout(() => response.destroy(), 100)
    })
    expect((await fetchInto(root, [want([url])])).outcome.ok).toBe(true)
    expect(stored(root)).toEqual(BODY)
  })

  it('is not kept alive by a trickle of bytes', async () => {
    const root = folder()
    const slow = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 300_000 })
      const timer = setInterval(() => response.write('x'), 50)
      response.on('close', () => clearInterval(timer))
    })
    const { message } = await fetchInto(root, [want([slow.url])], { limits: { ...QUICK, attempts: 1 } })
    expect(message?.facts?.at(-1)?.[1]).toMatch(/^nothing more for 0.3 s/)
  })

  it('is left for the next place while it brings but little, and is waited for when it is the last', async () => {
    const slow = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': BODY.length })
      let sent = 0
      const timer = setInterval(() => {
        const end = Math.min(BODY.length, sent + Math.ceil(BODY.length / 40))
        response.write(BODY.subarray(sent, end))
        sent = end
        if (sent === BODY.length) response.end()
      }, 50)
      response.on('close', () => clearInterval(timer))
    })
    const good = await serve(whole())
    const { said } = await fetchInto(folder(), [want([slow.url, good.url])])
    expect(said.join('\n')).toContain('gave nothing more for 0.3 s after')
    expect((await fetchInto(folder(), [want([slow.url])])).outcome.ok).toBe(true)
  })

  it('is asked for three times while a server fails, with growing pauses', async () => {
    const root = folder()
    const times: number[] = []
    const { url } = await serve((request, response) => {
      times.push(Date.now())
      if (times.length < 3) response.writeHead(500).end()
      else whole()(request, response)
    })
    expect((await fetchInto(root, [want([url])], { limits: { ...QUICK, backoffMs: 100 } })).outcome.ok).toBe(
      true,
    )
    const [a = 0, b = 0, c = 0] = times
    expect(b - a).toBeGreaterThanOrEqual(99)
    expect(c - b).toBeGreaterThanOrEqual(199)
  })

  it('is asked for when the server says it may be', async () => {
    const root = folder()
    const times: number[] = []
    const { url } = await serve((request, response) => {
      times.push(Date.now())
      if (times.length < 2) response.writeHead(429, { 'retry-after': '1' }).end()
      else whole()(request, response)
    })
    expect(
      (await fetchInto(root, [want([url])], { limits: { ...QUICK, retryAfterMs: 2000 } })).outcome.ok,
    ).toBe(true)
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(999)
  })

  it('has no more to say than that a connection was refused', async () => {
    const root = folder()
    const { message } = await fetchInto(root, [want(['http://127.0.0.1:9/x'])])
    expect(message?.facts?.at(-1)?.[1]).toBe('no answer: the connection was refused')
  })
})

describe('a server that is not what it seems', () => {
  it('sends without end: it is cut at what a source may be, and nothing is kept', async () => {
    const root = folder()
    let sent = 0
    const { url } = await serve((_request, response) =>
      sendWithoutEnd(response, BODY, bytes => {
        sent += bytes
      }),
    )
    const { message } = await fetchInto(root, [want([url])], { limits: { ...QUICK, maxBytes: 2_000_000 } })
    expect(message?.facts?.at(-1)?.[1]).toBe('more than 2.0 MB')
    expect(kept(root)).toEqual([])
    expect(sent).toBeLessThan(50_000_000)
  })

  it('redirects: it is followed', async () => {
    const root = folder()
    const { url } = await serve((request, response) =>
      request.url === '/there'
        ? whole()(request, response)
        : response.writeHead(302, { location: '/there' }).end(),
    )
    expect((await fetchInto(root, [want([`${url}/here`])])).outcome.ok).toBe(true)
  })

  it('redirects in a circle: it is followed ten times', async () => {
    const root = folder()
    const { url, asked } = await serve((_request, response) =>
      response.writeHead(301, { location: '/again' }).end(),
    )
    const { message } = await fetchInto(root, [want([url])])
    expect(message?.facts?.at(-1)?.[1]).toBe('a redirect that is refused: more than 10 of them')
    expect(asked.length).toBe(11)
  })

  it.each(['file:///etc/passwd', 'gopher://h/\u0007'])('redirects to %j: refused', async location => {
    const root = folder()
    const { url } = await serve((_request, response) =>
      response.writeHead(302, { location: encodeURI(location) }).end(),
    )
    const { message } = await fetchInto(root, [want([url])])
    expect(message?.facts?.at(-1)?.[1]).toMatch(/^a redirect that is refused: to "/)
  })

  it('names a Content-Encoding: the bytes are taken as they come', async () => {
    const root = folder()
    const packed = gzipSync('a tar')
    const { url, asked } = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    )
    expect((await fetchInto(root, [want([url], { sha256: sha256(packed) })])).outcome.ok).toBe(true)
    expect(asked[0]?.headers['accept-encoding']).toBe('identity')
  })
})

describe('other places than a server', () => {
  it('is a file of the tree, which stays as it was', async () => {
    const root = folder()
    const path = put(join(root, `mirrors/files/${DIGEST}.tar.xz`), BODY)
    const { said } = await fetchInto(root, [want([])])
    expect(said[0]).toBe('fetch source.tar.gz from mirrors/files')
    expect(stored(root)).toEqual(BODY)
    expect(statSync(path).mode & 0o200).toBe(0o200)
    expect(statSync(path).nlink).toBe(1)
  })

  it('is a file of the tree that does not match its name: refused, and the next place is asked', async () => {
    const root = folder()
    put(join(root, `mirrors/files/${DIGEST}`), LIE)
    const { url } = await serve(whole())
    expect((await fetchInto(root, [want([url])])).outcome.ok).toBe(true)
    expect(stored(root)).toEqual(BODY)
  })

  it('is the whole one of two files of the tree', async () => {
    const root = folder()
    put(join(root, `mirrors/files/${DIGEST}`), BODY)
    put(join(root, `mirrors/files/${DIGEST}.tar.xz`), LIE)
    expect((await fetchInto(root, [want([])])).outcome.ok).toBe(true)
    put(join(root, `mirrors/files/${DIGEST}`), LIE)
    put(join(root, `mirrors/files/${DIGEST}.tar.xz`), BODY)
    expect((await fetchInto(root, [want([])], { store: join(root, 'other') })).outcome.ok).toBe(true)
  })

  it('is a damaged file of the tree, and nobody else has it: that is what is to be mended', async () => {
    const root = folder()
    put(join(root, `mirrors/files/${DIGEST}`), LIE)
    const { message } = await fetchInto(root, [want(['http://127.0.0.1:1/x'])])
    expect(message?.remedy).toMatch(/^the file in mirrors\/files is not what its name says/)
  })

  it('is a file: url, or a Debian archive on the disk', async () => {
    const root = folder()
    put(join(root, 'archive/pool/main/x+1.tar'), BODY)
    put(join(root, 'mirrors/debian'), `sha256: ${DIGEST}\npath: pool/main/x+1.tar\n`)
    const { outcome } = await fetchInto(root, [want([])], {
      env: { COOLPORTS_DEBIAN_MIRRORS: `file:${root}/archive` },
    })
    expect(outcome.ok).toBe(true)
  })

  it('is a fifo or a folder: it is not waited for', async () => {
    const root = folder()
    execFileSync('mkfifo', [join(root, 'fifo')])
    const { message } = await fetchInto(root, [want([`file://${root}/fifo`, `file://${root}`])])
    expect(message?.facts?.filter(([label]) => label === 'got').map(([, value]) => value)).toEqual([
      'nothing: it is not a file',
      'nothing: it is not a file',
    ])
  })

  it('is asked after a file: url that names no file', async () => {
    const root = folder()
    const good = await serve(whole())
    for (const url of [`file://${root}/a%2Fb`, `file://${root}/a%zz`, `file://${root}/a%00b`]) {
      const { message, outcome } = await fetchInto(folder(), [want([url, good.url])])
      expect([url, outcome.ok, message]).toEqual([url, true, undefined])
    }
  })

  it('is no place at all: the message says how to give one', async () => {
    const { message } = await fetchInto(folder(), [want([])])
    expect([message?.why, message?.remedy]).toEqual([
      'no place is known that has it',
      'give the source a url, or a record in mirrors/',
    ])
  })
})

describe('a proxy of the environment', () => {
  it('is asked instead of the host', async () => {
    const root = folder()
    const proxy = await serve(whole())
    const { outcome } = await fetchInto(root, [want(['http://upstream.invalid/x'])], {
      env: { http_proxy: proxy.url },
    })
    expect(outcome.ok).toBe(true)
    expect(proxy.asked[0]?.url).toBe('http://upstream.invalid/x')
  })

  it.each([
    [{ all_proxy: 'right' }],
    [{ ALL_PROXY: 'right' }],
    [{ http_proxy: 'right', all_proxy: 'wrong' }],
    [{ all_proxy: 'right', https_proxy: 'wrong' }],
    [{ HTTP_PROXY: 'right', https_proxy: '', all_proxy: 'socks5://h:1' }],
  ])('is that of all where http has none of its own: %j', async names => {
    const [right, wrong] = [await serve(whole()), await serve(whole())]
    const env = Object.fromEntries(
      Object.entries(names).map(([name, text]) => [name, { right, wrong }[text]?.url ?? text]),
    )
    expect((await fetchInto(folder(), [want(['http://upstream.invalid/x'])], { env })).outcome.ok).toBe(true)
    expect([right.asked.length, wrong.asked.length]).toEqual([1, 0])
  })

  it('of all is asked for no url where that of http is empty', async () => {
    const [proxy, host] = [await serve(whole()), await serve(whole())]
    const env = { http_proxy: '', all_proxy: proxy.url }
    expect((await fetchInto(folder(), [want([host.url])], { env })).outcome.ok).toBe(true)
    expect(proxy.asked.length).toBe(0)
  })

  it('that speaks SOCKS keeps nobody from what is not behind it, and is told of at once', async () => {
    const host = await serve(whole())
    const env = { all_proxy: 'socks5h://me:secret@127.0.0.1:9', no_proxy: '127.0.0.1' }
    const { outcome, said } = await fetchInto(folder(), [want(['https://h.invalid/x', host.url])], { env })
    expect(outcome.ok).toBe(true)
    expect(said.join('\n')).toContain('the proxy that is set for it speaks SOCKS, which nothing here does')
    expect(said.join('\n')).not.toContain('secret')
  })

  it('may be written with a path, which says nothing', async () => {
    const root = folder()
    const proxy = await serve(whole())
    const env = { http_proxy: `${proxy.url.replace('http://', 'http://user:pass%20word@')}/path?x` }
    const { outcome } = await fetchInto(root, [want(['http://upstream.invalid/x'])], { env })
    expect(outcome.ok).toBe(true)
    expect(proxy.asked[0]?.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('user:pass word').toString('base64')}`,
    )
  })

  it('is not asked for a host that no_proxy names', async () => {
    const root = folder()
    const proxy = await serve(whole(LIE))
    const host = await serve(whole())
    expect(
      (await fetchInto(root, [want([host.url])], { env: { http_proxy: proxy.url, no_proxy: '127.0.0.1' } }))
        .outcome.ok,
    ).toBe(true)
    expect(proxy.asked.length).toBe(0)
  })

  it('is not asked for an address in a range that no_proxy names', async () => {
    const proxy = await serve(whole(LIE))
    const host = await serve(whole())
    const env = { http_proxy: proxy.url, no_proxy: '10.0.0.0/8,127.0.0.0/8' }
    expect((await fetchInto(folder(), [want([host.url])], { env })).outcome.ok).toBe(true)
    expect(proxy.asked.length).toBe(0)
  })

  it('of http is not asked for an https: url', async () => {
    const proxy = await serve(whole())
    const { message } = await fetchInto(folder(), [want(['https://127.0.0.1:9/x'])], {
      env: { http_proxy: proxy.url },
    })
    expect(message?.facts?.map(([, said]) => said).join()).toContain('the connection was refused')
  })

  it.each([
    [403, 'the proxy forbids it'],
    [407, 'the proxy wants a password'],
  ])('that answers %i is told as such, and asked once', async (status, why) => {
    let met = 0
    const proxy = createServer(socket => {
      met++
      socket.end(`HTTP/1.1 ${status} no\r\ncontent-length: 0\r\n\r\n`)
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const env = { https_proxy: `127.0.0.1:${(proxy.address() as AddressInfo).port}` }
    try {
      const { message } = await fetchInto(folder(), [want(['https://127.0.0.1:9/x'])], { env })
      expect(message?.facts?.map(([, said]) => said).join()).toContain(`no answer: ${why}`)
      expect(met).toBe(1)
    } finally {
      proxy.close()
    }
  })

  it.each(['http', 'https'])('of %s that is not there is told as such', async scheme => {
    const env = { [`${scheme}_proxy`]: 'http://127.0.0.1:9' }
    const { message } = await fetchInto(folder(), [want([`${scheme}://127.0.0.1:10/x`])], { env })
    expect(message?.facts?.map(([, said]) => said).join()).toContain(
      'the connection to the proxy was refused',
    )
  })

  it('that hangs up, or says nothing, when it is asked for a connection is given up', async () => {
    let met = 0
    const hangUp = createServer(socket => {
      met++
      socket.destroy()
    }).listen(0, '127.0.0.1')
    const mute = createServer(socket => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await Promise.all([once(hangUp, 'listening'), once(mute, 'listening')])
    const saidWith = async (proxy: Server): Promise<string> => {
      const https_proxy = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
      const { message } = await fetchInto(folder(), [want(['https://127.0.0.1:9/x'])], {
        env: { https_proxy },
        limits: { ...QUICK, connectMs: 300, idleMs: 20_000 },
      })
      return message?.facts?.map(([, said]) => said).join() ?? ''
    }
    try {
      expect(await saidWith(hangUp)).toContain('the proxy closed the connection')
      expect(met).toBe(QUICK.attempts)
      expect(await saidWith(mute)).toContain('the connection timed out')
    } finally {
      hangUp.close()
      mute.close()
    }
  })

  it.each(['::1', '[::1]', 'other.example, ::1', '0:0:0:0:0:0:0:1', ' * '])(
    'is not asked for an address of IPv6 where no_proxy is %j',
    async no_proxy => {
      const proxy = await serve(whole())
      const env = { http_proxy: proxy.url, no_proxy }
      const { outcome } = await fetchInto(folder(), [want(['http://[::1]:9/x'])], { env })
      expect(outcome.ok).toBe(false)
      expect(proxy.asked.length).toBe(0)
    },
  )
})

describe('a proxy that is none', () => {
  it.each([
    ['http://not a url', 'it is not an http: or https: url'],
    ['http://user:100%@h:1', 'its user or password has a % that escapes nothing'],
  ])('%j is refused, and not shown because it may hold a password', async (proxy, why) => {
    const { message } = await fetchInto(folder(), [want(['http://h/x'])], { env: { http_proxy: proxy } })
    expect(message).toEqual({ cannot: 'use the proxy of $http_proxy', why })
  })
})

describe('the store', () => {
  it('is read again only when asked to, and what is damaged is fetched again', async () => {
    const root = folder()
    const { url } = await serve(whole())
    await fetchInto(root, [want([url])])
    const path = join(root, 'store/distfiles', DIGEST)
    rmSync(path)
    writeFileSync(path, LIE)
    expect((await fetchInto(root, [want([url])])).said).toEqual([])
    const { outcome, said } = await fetchInto(root, [want([url])], { verify: true })
    expect([outcome.ok, said[0]]).toEqual([true, 'source.tar.gz in the store is damaged, fetching it again'])
    expect(stored(root)).toEqual(BODY)
  })

  it('cannot be written: the message says so and what to do', async () => {
    const root = folder()
    put(join(root, 'store'), 'a file')
    const { message } = await fetchInto(root, [want([])])
    expect(message).toMatchObject({
      why: 'there is a file where a folder has to be',
      remedy: 'set COOLPORTS_STORE to a folder that you may write to',
    })
  })
})
