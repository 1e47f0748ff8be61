import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEAD, partBy } from '../../support/part.ts'
import { BODY, DIGEST, fetchInto, folder, kept, later, put, rest, serve, whole } from './support.ts'

// The program as it is run: bundled, with its chunks beside it.
let dist = ''
beforeAll(async () => {
  dist = mkdtempSync(join(tmpdir(), 'fetch-dist-'))
  const banner =
    "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"
  await build({
    entryPoints: { 'dist/fetch': 'helpers/fetch/main.ts' },
    outdir: dist,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: banner },
  })
  put(join(dist, 'package.json'), '{"type":"module"}')
})
afterAll(() => rmSync(dist, { recursive: true, force: true }))

interface Running {
  readonly child: ChildProcess
  readonly done: Promise<{ readonly status: number | null; readonly out: string; readonly err: string }>
}

function doFetch(root: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [join(dist, 'dist/fetch.js'), ...args], {
    env: { PATH: process.env.PATH, COOLPORTS_STORE: join(root, 'store'), COOLPORTS_DEBIAN_MIRRORS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  later(() => child.kill('SIGKILL'))
  let out = ''
  let err = ''
  child.stdout.on('data', text => (out += text))
  child.stderr.on('data', text => (err += text))
  return { child, done: new Promise(resolve => child.on('close', status => resolve({ status, out, err }))) }
}

const list = (root: string, url: string): string =>
  put(join(root, 'list'), `file: source.tar.gz\nurl: ${url}\nsha256: ${DIGEST}\n`)

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 10))
}

/** How many bytes the parts in the store hold together. */
function partial(root: string): number {
  const parts = join(root, 'store/distfiles/.partial')
  return existsSync(parts)
    ? readdirSync(parts).reduce((sum, name) => sum + statSync(join(parts, name)).size, 0)
    : -1
}

describe('do-fetch', () => {
  it('says that a store below /proc cannot be made, and does not try for ever', async () => {
    const list = join(folder(), '.fetch')
    put(list, `url: http://127.0.0.1:9/a\nsha256: ${DIGEST}\n`)
    const { status, err } = await doFetch('/proc/none', list).done
    expect([status, err]).toEqual([
      1,
      'do-fetch: cannot fetch "a": there is no such folder\n' +
        '  store /proc/none/store\n  set COOLPORTS_STORE to a folder that you may write to\n',
    ])
  })

  it('fetches, and then ends at once without a word', async () => {
    const root = folder()
    const { url, asked } = await serve(whole())
    const first = await doFetch(root, list(root, url)).done
    expect([first.status, first.out]).toEqual([0, ''])
    expect(first.err).toMatch(
      /^fetch source.tar.gz from 127.0.0.1:\d+\nfetched source.tar.gz 300 kB sha256 ok\n$/,
    )
    expect(await doFetch(root, list(root, url)).done).toEqual({ status: 0, out: '', err: '' })
    expect(asked.length).toBe(1)
  })

  it('goes on after a kill -9 where the killed one stopped', async () => {
    const root = folder()
    const { url, asked } = await serve((request, response) => {
      if (request.headers.range) rest(request, response)
      else response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 100_000))
    })
    const killed = doFetch(root, list(root, url))
    await until(() => partial(root) === 100_000)
    killed.child.kill('SIGKILL')
    await killed.done
    expect(kept(root).some(name => name === DIGEST)).toBe(false)
    expect((await doFetch(root, list(root, url)).done).status).toBe(0)
    expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=100000-'])
    expect(readFileSync(join(root, 'store/distfiles', DIGEST))).toEqual(BODY)
    expect(kept(root)).toEqual([DIGEST])
  })

  it('waits for another process that fetches the same source', async () => {
    const root = folder()
    let finish = (): void => {}
    const { url, asked } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 1000))
      finish = () => response.end(BODY.subarray(1000))
    })
    const first = doFetch(root, list(root, url))
    await until(() => partial(root) === 1000)
    const second = doFetch(root, list(root, url))
    let told = ''
    second.child.stderr?.on('data', text => {
      told += text
    })
    await until(() => told !== '')
    finish()
    expect((await first.done).status).toBe(0)
    expect(await second.done).toEqual({
      status: 0,
      out: '',
      err: `fetch source.tar.gz: process ${first.child.pid} is at it, waiting\n`,
    })
    expect(asked.length).toBe(1)
  })

  it('takes over from another process that is killed while it waits for it', async () => {
    const root = folder()
    const { url } = await serve((request, response) => {
      if (request.headers.range) rest(request, response)
      else response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 1000))
    })
    const first = doFetch(root, list(root, url))
    await until(() => partial(root) === 1000)
    const second = doFetch(root, list(root, url))
    let told = ''
    second.child.stderr?.on('data', text => {
      told += text
    })
    await until(() => told !== '')
    first.child.kill('SIGKILL')
    expect((await second.done).status).toBe(0)
    expect(kept(root)).toEqual([DIGEST])
  })

  it('does no harm to others that were started in the same moment', async () => {
    const root = folder()
    const { url } = await serve(whole())
    const path = list(root, url)
    const ends = await Promise.all([1, 2, 3, 4].map(() => doFetch(root, path).done))
    expect(ends.map(({ status }) => status)).toEqual([0, 0, 0, 0])
    expect(readFileSync(join(root, 'store/distfiles', DIGEST))).toEqual(BODY)
    expect(kept(root)).toEqual([DIGEST])
  })

  it('lists where a source could be had, for people and for programs, and fetches nothing', async () => {
    const root = folder()
    const path = list(root, 'http://127.0.0.1:9/x')
    expect((await doFetch(root, '--where', path).done).out).toBe(
      `source.tar.gz\n  sha256   ${DIGEST}\n  store    not there\n  upstream http://127.0.0.1:9/x\n`,
    )
    const json: unknown = JSON.parse((await doFetch(root, '--json', path).done).out)
    expect(json).toEqual([
      {
        file: 'source.tar.gz',
        sha256: DIGEST,
        store: null,
        places: [{ kind: 'upstream', at: 'http://127.0.0.1:9/x' }],
      },
    ])
  })

  it('exits 1 when a source cannot be had, 2 when it is called or told wrongly, 0 after help', async () => {
    const root = folder()
    const hostile = put(join(root, 'hostile'), `file: ../x\nurl: http://h/1\nsha256: ${DIGEST}\n`)
    const ends = await Promise.all(
      [
        [list(root, 'http://127.0.0.1:9/x'), '--backoff', '0'],
        [hostile],
        [join(root, 'none')],
        [],
        ['--nonsense', hostile],
        ['--jobs', '0', hostile],
        ['--help'],
      ].map(args => doFetch(root, ...args).done),
    )
    expect(ends.map(({ status }) => status)).toEqual([1, 2, 2, 2, 2, 2, 0])
    expect(ends[1]?.err).toBe(`${hostile}:1:1: cannot read source: "../x" is not a plain file name\n`)
  })
})

describe('a part that a dead process left', () => {
  it('is known as such even when its number belongs to a living one now', async () => {
    const root = folder()
    put(partBy(DEAD, join(root, `store/distfiles/.partial/${DIGEST}`)), BODY.subarray(0, 5000))
    const { url, asked } = await serve(rest)
    const request = { file: 'x', sha256: DIGEST, urls: [url], at: { file: 'f', line: 1, column: 1 } }
    expect((await fetchInto(root, [request])).outcome.ok).toBe(true)
    expect(asked[0]?.headers.range).toBe('bytes=5000-')
    expect(kept(root)).toEqual([DIGEST])
  })

  it('is dropped when it holds wrong bytes', async () => {
    const root = folder()
    put(join(root, `store/distfiles/.partial/${DIGEST}`), Buffer.alloc(400_000))
    const { url } = await serve((request, response) => {
      if (request.headers.range === 'bytes=400000-')
        response.writeHead(416, { 'content-range': 'bytes */300000' }).end()
      else rest(request, response)
    })
    const request = { file: 'x', sha256: DIGEST, urls: [url], at: { file: 'f', line: 1, column: 1 } }
    expect((await fetchInto(root, [request])).outcome.ok).toBe(true)
    expect(kept(root)).toEqual([DIGEST])
  })
})
