import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { CarReader } from '@ipld/car'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { distfilePath } from '../../../core/store.ts'
import { digestOf, parseCid } from '../../../helpers/block/cid.ts'
import { Holdings } from '../../../helpers/ipfs/holdings.ts'
import { openFrom } from '../../../helpers/ipfs/open.ts'
import { recordsIn } from '../../../helpers/ipfs/record-folder.ts'
import { mirrorServer } from '../../../helpers/ipfs/serve.ts'
import { folder, later, put } from '../fetch/support.ts'
import { placesAt, Store } from './support.ts'

const BODY = randomBytes(1_000_000)
const DIGEST = sha256(BODY)
const CID = (await new Store().add(BODY)).toString()

/** A server over a store with one source, and over other paths. */
async function mirror(paths: readonly string[] = []) {
  const store = folder()
  const source = put(distfilePath(store, DIGEST), BODY)
  const said: string[] = []
  const open = async () => {
    const server = mirrorServer({
      fileOf: digest => distfilePath(store, digest),
      blocks: new Holdings(store, paths, text => said.push(text)),
      recordOf: recordsIn(store).read,
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    later(() => {
      server.closeAllConnections()
      server.close()
    })
    return (server.address() as { readonly port: number }).port
  }
  const port = await open()
  return { store, source, said, port, url: `http://127.0.0.1:${port}`, open }
}

/** What a raw path is answered, not one that a client has put in order. */
const raw = (port: number, request: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('latin1').on('data', chunk => (text += chunk))
    socket.on('end', () => resolve(text)).on('error', reject)
    socket.write(`${request}\r\nHost: h\r\nConnection: close\r\n\r\n`)
  })

async function read(url: string, cid: string, path: readonly string[] = []): Promise<Buffer> {
  const root = parseCid(cid)
  if (!root.ok) throw new Error(root.error)
  const { places } = placesAt([url], { idleMs: 10_000 })
  const { signal } = new AbortController()
  const opened = await openFrom(places, { root: root.value, path, limit: 2 ** 40, signal }, 10_000)
  if (!opened.ok) throw new Error(JSON.stringify(opened.error))
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.value.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a mirror', () => {
  it('gives a source by its sha256, whole, by HEAD, or a range of it', async () => {
    const { url } = await mirror()
    for (const path of [`/sha256/${DIGEST}`, `/file/${DIGEST}`, `/sha256/${DIGEST}/source.tar.gz`])
      expect(BODY.equals(Buffer.from(await (await fetch(url + path)).arrayBuffer()))).toBe(true)
    const head = await fetch(`${url}/sha256/${DIGEST}`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual([
      200,
      '1000000',
      0,
    ])
    const ask = async (range: string) => {
      const answer = await fetch(`${url}/sha256/${DIGEST}`, { headers: { range } })
      return [answer.status, answer.headers.get('content-range'), (await answer.arrayBuffer()).byteLength]
    }
    expect(await ask('bytes=999990-')).toEqual([206, 'bytes 999990-999999/1000000', 10])
    expect(await ask('bytes=5-5')).toEqual([206, 'bytes 5-5/1000000', 1])
    expect(await ask('bytes=-3')).toEqual([206, 'bytes 999997-999999/1000000', 3])
    expect(await ask('bytes=0-99999999')).toEqual([206, 'bytes 0-999999/1000000', 1_000_000])
    expect((await ask('bytes=1000000-')).slice(0, 2)).toEqual([416, 'bytes */1000000'])
    expect((await ask('bytes=5-4'))[0]).toBe(200)
  })

  it('gives a range of a source that was asked for before, and all of another one', async () => {
    const { url } = await mirror()
    for (const [etag, status] of [
      [`"${DIGEST}"`, 206],
      ['"another"', 200],
    ] as const) {
      const headers = { range: 'bytes=5-5', 'if-range': etag }
      expect((await fetch(`${url}/sha256/${DIGEST}`, { headers })).status).toBe(status)
    }
  })

  it('gives nothing that lies beside its sources and records, and waits for no fifo in their place', async () => {
    const { url, port, store } = await mirror()
    put(join(store, 'distfiles/secret'), 'secret')
    put(join(store, 'ipfs/secret'), 'secret')
    mkdirSync(join(store, 'ipfs/names'))
    for (const path of ['/sha256/secret', '/file/..%2fdistfiles%2fsecret', '/ipns/..%2fsecret'])
      expect(await raw(port, `GET ${path} HTTP/1.1`)).toMatch(/^HTTP\/1.1 404 /)
    execFileSync('mkfifo', [distfilePath(store, sha256('fifo'))])
    mkdirSync(distfilePath(store, sha256('folder')))
    for (const name of ['fifo', 'folder']) {
      const asked = await fetch(`${url}/sha256/${sha256(name)}`, { signal: AbortSignal.timeout(5000) })
      expect(asked.status).toBe(404)
    }
  })

  it('goes on with a download of curl', async () => {
    const { url } = await mirror()
    const part = put(join(folder(), 'part'), BODY.subarray(0, 600_000))
    await new Promise((resolve, reject) => {
      import('node:child_process').then(({ execFile }) =>
        execFile('curl', ['-sf', '-C', '-', '-o', part, `${url}/sha256/${DIGEST}`], error =>
          error ? reject(error) : resolve(undefined),
        ),
      )
    })
    expect(execFileSync('sha256sum', [part], { encoding: 'utf8' }).slice(0, 64)).toBe(DIGEST)
  })

  it('gives a source by its CID, block by block and as an archive', async () => {
    const { url, store } = await mirror()
    expect(BODY.equals(await read(url, CID))).toBe(true)
    const archive = await fetch(`${url}/ipfs/${CID}?format=car`)
    expect(archive.headers.get('content-type')).toMatch(/^application\/vnd\.ipld\.car; version=1/)
    const car = await CarReader.fromBytes(new Uint8Array(await archive.arrayBuffer()))
    expect((await car.getRoots()).map(String)).toEqual([CID])
    let blocks = 0
    for await (const { cid, bytes } of car.blocks()) {
      expect(sha256(bytes)).toBe(digestOf(cid))
      blocks++
    }
    expect(blocks).toBe(5)
    expect(readdirSync(join(store, 'ipfs/layouts'))).toEqual([DIGEST])
  })

  it('gives files of a folder by the CID of the folder', async () => {
    const root = folder()
    put(join(root, 'below/file'), BODY)
    const cid = await new Store().addPath(root)
    const { url } = await mirror([root])
    expect(BODY.equals(await read(url, cid.toString(), ['below', 'file']))).toBe(true)
    const car = await CarReader.fromBytes(
      new Uint8Array(await (await fetch(`${url}/ipfs/${cid}/below/file?format=car`)).arrayBuffer()),
    )
    // With the blocks of both folders, which prove what the path means.
    let blocks = 0
    for await (const _ of car.blocks()) blocks++
    expect([String((await car.getRoots())[0]), blocks]).toEqual([cid.toString(), 7])
  })

  it('tells blocks and archives by Accept as well, and makes nothing else of a file', async () => {
    const { url } = await mirror()
    const ask = async (accept: string, path = '') => {
      const answer = await fetch(`${url}/ipfs/${CID}${path}`, { headers: { accept } })
      await answer.arrayBuffer()
      return [answer.status, answer.headers.get('content-type')]
    }
    expect(await ask('application/vnd.ipld.raw')).toEqual([200, 'application/vnd.ipld.raw'])
    expect((await ask('application/vnd.ipld.car'))[0]).toBe(200)
    expect((await ask('text/html'))[0]).toBe(406)
    expect((await ask('*/*', '?format=tar'))[0]).toBe(406)
  })

  it('does not look through its folders for each of many blocks that it does not have', async () => {
    const root = folder()
    for (let i = 0; i < 1000; i++) writeFileSync(join(root, `${i}`), 'x')
    const holdings = new Holdings(folder(), [root], () => {})
    await holdings.cidOfPath(root)
    const { signal } = new AbortController()
    const unknown = await new Store().add(randomBytes(10))
    const timed = async (misses: number) => {
      const began = performance.now()
      for (let i = 0; i < misses; i++) expect((await holdings.get(unknown, signal)).ok).toBe(false)
      return performance.now() - began
    }
    await timed(3)
    const three = await timed(3)
    expect(await timed(4000)).toBeLessThan(400 * three)
  })

  it('knows a source that comes later', async () => {
    const { url, store } = await mirror()
    const late = randomBytes(1000)
    const cid = (await new Store().add(late)).toString()
    expect((await fetch(`${url}/ipfs/${cid}?format=raw`)).status).toBe(404)
    put(distfilePath(store, sha256(late)), late)
    expect(late.equals(await read(url, cid))).toBe(true)
  })

  it.each([
    'GET /',
    'GET /sha256/',
    'GET /sha256/../../../../etc/passwd',
    'GET /sha256/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    `GET /sha256/${'0'.repeat(64)}`,
    `GET /sha256/${DIGEST}/a/b`,
    `GET /sha256/${DIGEST.toUpperCase()}`,
    'GET /sha256/.partial',
    'GET /ipfs/..?format=raw',
    'GET /ipfs/%00?format=raw',
    `GET /ipfs/${CID}/..%2f..%2fetc%2fpasswd?format=raw`,
    'GET /ipfs/QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn?format=raw',
    'GET /ipns/..?format=ipns-record',
    'GET /ipns/%2e%2e%2fkey?format=ipns-record',
    'GET /%zz',
    'GET //etc/passwd',
    'GET http://[',
    `POST /sha256/${DIGEST}`,
    `DELETE /sha256/${DIGEST}`,
  ])('answers %s with nothing of the disk', async question => {
    const { port } = await mirror()
    const answer = await raw(port, `${question} HTTP/1.1`)
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d /)
    expect(answer.length).toBeLessThan(500)
  })

  it('follows no symlink of a folder, be it in a circle, when it looks at that', async () => {
    const root = folder()
    symlinkSync('.', join(root, 'a'))
    expect(await new Holdings(folder(), [], () => {}).cidOfPath(root)).toEqual({
      ok: false,
      error: '"a" is neither a file nor a folder',
    })
  })

  it('does not follow a link out of the store', async () => {
    const { url, store } = await mirror()
    const digest = sha256('link')
    symlinkSync('/etc/passwd', distfilePath(store, digest))
    expect((await fetch(`${url}/sha256/${digest}`)).status).toBe(404)
  })

  it('gives no false block of a file that has changed', async () => {
    const { url, source, open } = await mirror()
    await fetch(`${url}/ipfs/${CID}?format=raw`)
    writeFileSync(source, Buffer.concat([BODY.subarray(0, 500_000), Buffer.alloc(500_000)]))
    const leaves = await fetch(`${url}/ipfs/${CID}?format=car`)
      .then(answer => answer.arrayBuffer())
      .catch(() => 'cut')
    expect(leaves).toBe('cut')
    rmSync(source)
    expect((await fetch(`http://127.0.0.1:${await open()}/sha256/${DIGEST}`)).status).toBe(404)
  })

  it('makes a damaged index again', async () => {
    const { url, store, open } = await mirror()
    expect(BODY.equals(await read(url, CID))).toBe(true)
    for (const damage of ['nonsense', `root: ${CID}\nleaf: x y\n`]) {
      writeFileSync(join(store, 'ipfs/layouts', DIGEST), damage)
      expect(BODY.equals(await read(`http://127.0.0.1:${await open()}`, CID))).toBe(true)
    }
  })

  it('reads a source once: what is known of it is in the store', async () => {
    const { store, open } = await mirror()
    const port = await open()
    await fetch(`http://127.0.0.1:${port}/ipfs/${CID}?format=raw`)
    appendFileSync(join(store, 'ipfs/layouts', DIGEST), '# kept\n')
    expect(BODY.equals(await read(`http://127.0.0.1:${await open()}`, CID))).toBe(true)
    expect(execFileSync('tail', ['-n1', join(store, 'ipfs/layouts', DIGEST)], { encoding: 'utf8' })).toBe(
      '# kept\n',
    )
  })
})
