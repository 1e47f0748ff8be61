import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { CID } from 'multiformats/cid'
import { afterEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { distfilePath } from '../../../core/store.ts'
import { isInstalled } from '../../../helpers/bitswap/node.ts'
import { describeIpfs } from '../../../helpers/block/failure.ts'
import { openFrom } from '../../../helpers/ipfs/open.ts'
import { placesOf, WITHOUT } from '../../helpers/bitswap/support.ts'
import { folder, later, put } from '../../helpers/fetch/support.ts'

const coolports = resolve(import.meta.dirname, '../../../bin/coolports')
const EMPTY = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
const HELLO = 'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o'

let home = ''
const environment = (more: Readonly<Record<string, string>> = {}) => {
  home ||= folder()
  return {
    PATH: process.env.PATH,
    HOME: home,
    COOLPORTS_STORE: join(home, 'store'),
    ...more,
  }
}
afterEach(() => {
  home = ''
})

function run(words: readonly string[], more?: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync(coolports, ['mirror', ...words], {
    encoding: 'utf8',
    env: environment(more),
  })
  return { status, out: stdout, err: stderr }
}

/** Starts `mirror serve`; answers what it printed, the url last. */
const serve = (...words: readonly string[]) => serveWith({}, words)

async function serveWith(more: Readonly<Record<string, string>>, words: readonly string[]) {
  const child = spawn(coolports, ['mirror', 'serve', ...words], {
    env: environment(more),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  later(() => child.kill('SIGKILL'))
  let out = ''
  for await (const text of child.stdout.setEncoding('utf8')) {
    out += text
    if ((words.includes('--peers') ? /^\/ip4.*\n$/m : /^http:.*\n$/m).test(out)) break
  }
  return { child, lines: out.trimEnd().split('\n'), url: out.trimEnd().split('\n').at(-1) ?? '' }
}

describe('coolports mirror', () => {
  it('cid names files and folders, and says what it cannot name', () => {
    environment()
    put(join(home, 'hello'), 'hello world\n')
    put(join(home, 'empty/.hidden'), '')
    const ran = run(['cid', join(home, 'hello'), join(home, 'empty'), join(home, 'none')])
    expect([ran.status, ran.out]).toEqual([1, `${HELLO}  ${home}/hello\n${EMPTY}  ${home}/empty\n`])
    expect(ran.err).toBe(`coolports: cannot name "${home}/none": there is no such file\n`)
  })

  it('serve gives the sources of the store and the named folders, on this machine alone', async () => {
    environment()
    put(distfilePath(join(home, 'store'), sha256('source')), 'source')
    put(join(home, 'cache/hello'), 'hello world\n')
    const { child, lines, url } = await serve(join(home, 'cache'))
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const [cid] = lines[0]?.split('  ') ?? []
    expect(cid).toBe(run(['cid', join(home, 'cache')]).out.split('  ')[0])
    expect(await (await fetch(`${url}/sha256/${sha256('source')}`)).text()).toBe('source')
    expect(await (await fetch(`${url}/ipfs/${cid}/hello?format=raw`)).text()).toContain('hello world')
    const ended = new Promise(done => child.once('exit', status => done(status)))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  it.skipIf(!isInstalled())(`serve --peers gives them by bitswap too, under one name${WITHOUT}`, async () => {
    environment()
    put(distfilePath(join(home, 'store'), sha256('hello world\n')), 'hello world\n')
    const first = await serve('--peers')
    const { places } = placesOf([first.url])
    const wanted = { root: CID.parse(HELLO), path: [], limit: 100, signal: new AbortController().signal }
    const opened = await openFrom(places, wanted, 1000)
    if (!opened.ok) throw new Error(describeIpfs(opened.error))
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.value.body) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('hello world\n')

    const [, port = '', name] = /^\/ip4\/127\.0\.0\.1\/tcp\/(\d+)\/p2p\/(\w+)$/.exec(first.url) ?? []
    const ran = run(['serve', '--peers', '--peer-port', port])
    expect([ran.status, ran.err]).toEqual([
      2,
      `coolports: cannot listen on 127.0.0.1, port ${port}: another program listens there\n`,
    ])
    const ended = new Promise(done => first.child.once('exit', status => done(status)))
    first.child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect((await serve('--peers')).url).toContain(`/p2p/${name}`)
  })

  it('serve refuses a port that is taken, and paths that are not there', async () => {
    const taken = createServer()
    await new Promise<void>(done => taken.listen(0, '127.0.0.1', done))
    later(() => taken.close())
    const { port } = taken.address() as AddressInfo
    const ran = run(['serve', '--port', `${port}`])
    expect([ran.status, ran.err]).toEqual([
      2,
      `coolports: cannot listen on 127.0.0.1, port ${port}: another program listens there\n`,
    ])
    expect(run(['serve', '/proc/nowhere']).status).toBe(2)
    expect(run(['serve', '--port', '70000']).status).toBe(2)
  })

  it.skipIf(!isInstalled())(`serve --peers ends where its key cannot be made${WITHOUT}`, () => {
    const ran = run(['serve', '--peers'], { HOME: put(join(folder(), 'file'), '') })
    expect([ran.status, ran.out]).toEqual([2, ''])
    expect(ran.err).toMatch(
      /^coolports: cannot use the key ".*\/peer.pem": there is none, and it cannot be made \(\w+\)\n$/,
    )
  })

  it('publish says that there is no place for its key', () => {
    const ran = run(['publish', HELLO], { HOME: put(join(folder(), 'file'), '') })
    expect(ran.status).toBe(2)
    expect(ran.err).toMatch(
      /cannot number the next record by ".*\/default.number": it cannot be written \(ENOTDIR\)/,
    )
  })

  it('publish makes a name mean a folder, and resolve follows it, also when it changes', async () => {
    environment()
    const { url } = await serve()
    put(join(home, 'cache/hello'), 'hello world\n')
    const published = run(['publish', join(home, 'cache')])
    const [, name = '', value = ''] = /^(ipns:\/\/k51\w+) {2}(\/ipfs\/Qm\w+)\n$/.exec(published.out) ?? []
    // Another user, who knows nothing but the name and the gateway.
    const other = { HOME: folder(), COOLPORTS_STORE: folder(), COOLPORTS_IPFS_GATEWAYS: url, IPFS_API: '' }
    expect(run(['resolve', name], other)).toEqual({ status: 0, out: `${value}\n`, err: '' })
    expect(run(['publish', '--ttl', '0', HELLO]).out).toBe(`${name}  /ipfs/${HELLO}\n`)
    expect(run(['resolve', name], other).out).toBe(`/ipfs/${HELLO}\n`)
    expect(run(['resolve', name.replace('ipns://', '/ipns/')], other).out).toBe(`/ipfs/${HELLO}\n`)
    expect(run(['publish', `/ipfs/${HELLO}`]).out).toBe(`${name}  /ipfs/${HELLO}\n`)
    expect(run(['publish', '--key', 'second', HELLO]).out).not.toContain(name)
  })

  it('resolve says why a name means nothing', () => {
    const gateway = { COOLPORTS_IPFS_GATEWAYS: 'http://127.0.0.1:9', IPFS_API: '' }
    expect(run(['resolve', 'example.org'], gateway).err).toContain('is a DNS name')
    const name = 'k51qzi5uqu5dkxljwezwi6b5qmjre2bhqpurnfjxfyf6clo1pwqtokbi0xee5o'
    const ran = run(['resolve', name], gateway)
    expect([ran.status, ran.err]).toEqual([
      1,
      `coolports: cannot resolve "${name}": 127.0.0.1:9 gave no answer: the connection was refused\n`,
    ])
    expect(run(['resolve', name], { IPFS_API: '' }).err).toContain('name gateways in COOLPORTS_IPFS_GATEWAYS')
  })

  it('-C has the names of the store of that tree, and they are served from there', async () => {
    environment()
    const alone = { COOLPORTS_STORE: '', COOLPORTS_IPFS_GATEWAYS: '', IPFS_API: '' }
    const [one, other] = [join(home, 'one'), join(home, 'other')]
    const [name = ''] = run(['-C', one, 'publish', HELLO], alone).out.split('  ')
    expect(existsSync(join(one, '.store/ipfs/names'))).toBe(true)
    expect(run(['-C', one, 'resolve', name], alone).out).toBe(`/ipfs/${HELLO}\n`)
    expect(run(['-C', other, 'resolve', name], alone).status).toBe(1)
    put(distfilePath(join(one, '.store'), sha256('source')), 'source')
    const { url } = await serveWith(alone, ['-C', one])
    expect(await (await fetch(`${url}/sha256/${sha256('source')}`)).text()).toBe('source')
  })

  it.each([
    [['serve', '--host', ''], '--host needs an address'],
    [['serve', ''], 'a path is empty'],
    [['publish', ''], 'the path is empty'],
    [['export', '', 'make'], 'the folder has no name'],
  ])('%j is a variable that is not set, and means neither a folder nor the network', (words, why) => {
    const ran = run(words)
    expect([ran.status, ran.err.split('\n')[0]]).toEqual([2, `coolports: cannot run: ${why}`])
  })

  it('names its commands when none or another one is named', () => {
    expect(run([]).err).toContain('no command of mirror is named')
    expect(run(['frobnicate']).status).toBe(2)
    for (const name of ['serve', 'cid', 'publish', 'resolve'])
      expect(run(['--help']).out).toContain(`coolports mirror ${name}`)
  })
})
