import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { openFrom } from '../../../helpers/ipfs/open.ts'
import { startNginx } from '../cache/nginx.ts'
import { folder, later, put, serve, whole } from '../fetch/support.ts'
import { placesAt, Store } from '../ipfs/support.ts'

const repository = resolve(import.meta.dirname, '../../..')
const BODY = randomBytes(700_000)
const ROOT = await new Store().add(BODY)
const CID = ROOT.toString()

/** A tree with the program as it is run, and its doors. */
let tree = ''
beforeEach(async () => {
  tree = folder()
  await build({
    entryPoints: { ipfs: join(repository, 'helpers/pin/main.ts') },
    outdir: join(tree, 'dist'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  })
  put(join(tree, 'package.json'), '{"type":"module"}')
  mkdirSync(join(tree, 'bin'))
  for (const door of ['ipfs-pin-fetch-file', 'ipfs-pin-all-fetch-files'])
    cpSync(join(repository, 'bin', door), join(tree, 'bin', door))
  writeFileSync(join(tree, 'bin/coolports-gen'), '#!/bin/sh\necho gen\n')
  chmodSync(join(tree, 'bin/coolports-gen'), 0o755)
  put(
    join(tree, 'helpers/door.sh'),
    'run_program() { program=$1; shift; exec node "$coolports/dist/$program.js" "$@"; }\n',
  )
})

/** Runs a door of the tree. */
function run(door: string, words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(join(tree, 'bin', door), words, {
    env: { PATH: process.env.PATH, HOME: tree, COOLPORTS_DEBIAN_MIRRORS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', text => (out += text))
  child.stderr.on('data', text => (err += text))
  return new Promise<{ readonly status: number | null; readonly out: string; readonly err: string }>(done =>
    child.on('close', status => done({ status, out, err })),
  )
}

const list = (url: string, path = 'list'): string =>
  put(join(tree, path), `file: source.tar.gz\nurl: ${url}/source.tar.gz\nsha256: ${sha256(BODY)}\n`)

const records = (): string => readFileSync(join(tree, 'mirrors/ipfs'), 'utf8')

describe('ipfs-pin-fetch-file', () => {
  it('fetches a source, and writes its CID into mirrors/ipfs, once', async () => {
    const { url } = await serve(whole(BODY))
    const ran = await run('ipfs-pin-fetch-file', [list(url)])
    expect([ran.status, ran.out]).toEqual([0, `${CID}  source.tar.gz\n`])
    expect(records()).toMatch(
      new RegExp(`\n\nsource_url: ${url}/source.tar.gz\nsha256: ${sha256(BODY)}\ncid: ${CID}\n$`),
    )
    const before = records()
    expect((await run('ipfs-pin-fetch-file', [list(url)])).status).toBe(0)
    expect(records()).toBe(before)
  })

  it('does it for all packages by the other door', async () => {
    const { url } = await serve(whole(BODY))
    list(url, 'pkg/a/.fetch')
    list(url, 'pkg/b/.fetch')
    const ran = await run('ipfs-pin-all-fetch-files', [])
    expect([ran.status, ran.out]).toEqual([0, `${CID}  source.tar.gz\n`])
  })

  it('pins in the daemon, and says when that makes another CID of it', async () => {
    const { url } = await serve(whole(BODY))
    let answer = CID
    let got = 0
    const daemon = createServer((request, response) => {
      request.on('data', chunk => (got += chunk.length))
      request.on('end', () => response.end(`{"Name":"file","Hash":"${answer}","Size":"1"}\n`))
    })
    await new Promise<void>(ready => daemon.listen(0, '127.0.0.1', ready))
    later(() => daemon.close())
    const env = { IPFS_API: `/ip4/127.0.0.1/tcp/${(daemon.address() as AddressInfo).port}` }
    expect((await run('ipfs-pin-fetch-file', [list(url)], env)).status).toBe(0)
    expect(got).toBeGreaterThan(BODY.length)
    answer = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
    const odd = await run('ipfs-pin-fetch-file', [list(url)], env)
    expect(odd.status).toBe(1)
    expect(odd.err).toContain(`made "${answer}" of it, not ${CID}`)
  })

  it('asks a daemon that is away once, however many sources there are', async () => {
    const bodies = [BODY, randomBytes(10), randomBytes(10)]
    const { url } = await serve((request, response) => {
      response.end(bodies[Number(request.url?.slice(1))])
    })
    const records = bodies.map((body, i) => `file: ${i}\nurl: ${url}/${i}\nsha256: ${sha256(body)}\n`)
    const ran = await run('ipfs-pin-fetch-file', [put(join(tree, 'three'), records.join('\n'))], {
      IPFS_API: 'http://127.0.0.1:1',
    })
    expect(ran.status).toBe(1)
    expect(ran.err.match(/cannot pin/g)).toHaveLength(1)
    expect(ran.err).toMatch(
      /cannot pin "0", nor the 2 behind it: .*refused\n {2}start the daemon, or set IPFS_API/,
    )
  })

  it('does nothing when the daemon is named by what is no address', async () => {
    const { url, asked } = await serve(whole(BODY))
    const ran = await run('ipfs-pin-fetch-file', [list(url)], { IPFS_API: 'my-daemon' })
    expect(ran).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringContaining('cannot use the IPFS daemon'),
    })
    expect([asked.length, existsSync(join(tree, 'mirrors/ipfs'))]).toEqual([0, false])
  })

  it('writes blocks that any web server can give', async () => {
    const { url } = await serve(whole(BODY))
    const blocks = join(tree, 'web')
    expect((await run('ipfs-pin-fetch-file', ['--blocks', blocks, list(url)])).status).toBe(0)
    expect(readdirSync(join(blocks, 'ipfs'))).toHaveLength(4)
    chmodSync(tree, 0o755) // nginx reads as another user
    const nginx = await startNginx(folder(), blocks)
    try {
      // It has no archives: asked for one, it gives the first block again.
      const { places } = placesAt([`${nginx.url}/cache`], { idleMs: 5000 })
      const { signal } = new AbortController()
      const opened = await openFrom(places, { root: ROOT, path: [], limit: 2 ** 40, signal }, 5000)
      if (!opened.ok) throw new Error(JSON.stringify(opened.error))
      const chunks: Uint8Array[] = []
      for await (const chunk of opened.value.body) chunks.push(chunk)
      expect(BODY.equals(Buffer.concat(chunks))).toBe(true)
    } finally {
      await nginx.stop()
    }
  })

  it('says why blocks cannot be written', async () => {
    const { url } = await serve(whole(BODY))
    const ran = await run('ipfs-pin-fetch-file', ['--blocks', put(join(tree, 'web'), 'a file'), list(url)])
    expect(ran.status).toBe(1)
    expect(ran.err).toMatch(
      /cannot pin "source\.tar\.gz": its blocks cannot be written to ".*\/web": there is a file/,
    )
    expect(ran.err).not.toContain('    at ')
  })

  it('writes nothing when a source cannot be had, a list cannot be read, or words are wrong', async () => {
    const { url } = await serve((_request, response) => response.writeHead(404).end())
    expect((await run('ipfs-pin-fetch-file', [list(url)])).status).toBe(1)
    expect((await run('ipfs-pin-fetch-file', [join(tree, 'none')])).err).toContain('there is no such file')
    expect((await run('ipfs-pin-fetch-file', [])).status).toBe(2)
    expect((await run('ipfs-pin-fetch-file', ['--frobnicate'])).status).toBe(2)
    expect(existsSync(join(tree, 'mirrors/ipfs'))).toBe(false)
  })
})
