import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { formatMessage } from '../../../core/message.ts'
import { isInstalled } from '../../../helpers/bitswap/node.ts'
import { loadMirrors } from '../../../helpers/fetch/mirrors.ts'
import { originsOf } from '../../../helpers/fetch/origin.ts'
import { honestPeer, mutePeer, NO_PEER, WITHOUT } from '../bitswap/support.ts'
import { Store, serveStore } from '../ipfs/support.ts'
import { BODY, DIGEST, fetchInto, folder, kept, LIE, put, QUICK, serve, want, whole } from './support.ts'

const store = new Store()
const CID = (await store.add(BODY)).toString()
const LYING_CID = (await store.add(LIE)).toString()

/** Longer than a busy machine keeps an honest gateway waiting. */
const PATIENT = { ...QUICK, idleMs: 9000 }

/** As the ancestor wrote them; only this source is one of its. */
const records = (cid = CID): string => `%rec: ipfs_source
%unique: sha256 cid
%mandatory: sha256 cid source_url
%allowed: sha256 cid source_url
%sort: source_url

source_url: https://musl.libc.org/releases/musl-1.2.2.tar.gz
sha256: 9b969322012d796dc23dda27a35866034fa67d8fb67e0e2c45c913c3d43219dd
cid: QmWotMZZFdS7rPNu3Y58WL1NaVXKLJH195pcvR4oMEdZQE

source_url: https://example.org/source.tar.gz
sha256: ${DIGEST}
cid: ${cid}
`

const env = (gateways: string, more: Readonly<Record<string, string>> = {}) => ({
  COOLPORTS_DEBIAN_MIRRORS: '',
  IPFS_API: '',
  COOLPORTS_IPFS_GATEWAYS: gateways,
  ...more,
})

function treeWith(cid = CID): string {
  const root = folder()
  put(join(root, 'mirrors/ipfs'), records(cid))
  return root
}

describe('mirrors/ipfs', () => {
  it("is read as the ancestor's file stands, and comes before archives and urls", () => {
    const root = treeWith()
    put(join(root, 'mirrors/debian'), `sha256: ${DIGEST}\npath: pool/x\n`)
    const { mirrors, problems } = loadMirrors(root, env('http://g', { COOLPORTS_DEBIAN_MIRRORS: 'http://d' }))
    expect(problems).toEqual([])
    expect(originsOf(want(['http://up']), mirrors)).toEqual([
      { kind: 'ipfs', cid: CID },
      { kind: 'debian', url: 'http://d/pool/x' },
      { kind: 'upstream', url: 'http://up' },
    ])
  })

  it.each([
    ['nobody is named', env('')],
    ['it is switched off', env('http://g', { PKG_MIRROR_IPFS: 'no' })],
    ['it is switched off beside a daemon', env('', { PKG_MIRROR_IPFS: 'no', IPFS_API: 'http://h:5001' })],
  ])('counts for nothing when %s', (_when, variables) => {
    const { mirrors, problems } = loadMirrors(treeWith(), variables)
    expect([...mirrors.ipfs, ...problems]).toEqual([])
  })

  it.each([
    ['/ip4/127.0.0.1/tcp/5001', true],
    ['/ip6/::1/tcp/5001/http', true],
    ['/dns4/box/tcp/443/https', true],
    ['http://127.0.0.1:5001/', true],
    ['/unix/run/ipfs', true],
    ['127.0.0.1:5001', false],
  ])('takes a daemon at %s: %s', (address, known) => {
    const { mirrors, problems } = loadMirrors(treeWith(), env('', { IPFS_API: address }))
    expect([mirrors.ipfs.size > 0, problems.length === 0]).toEqual([known, known])
  })

  it('takes peers by address, and names what is none', () => {
    const variables = env('', {
      COOLPORTS_IPFS_PEERS:
        '/ip4/127.0.0.1/tcp/4001 /dns4/box/tcp/4001/p2p/12D3KooWJYe5HmfyFdBHKjVK1MNLUEHJkSoeizah9CjsCCPuELkd',
    })
    const odd =
      '127.0.0.1:4001 /ip4/127.0.0.1/tcp/70000 /ip4/127.0.0.1/udp/4001/quic-v1 /ip4/1.2.3/tcp/1/../x'
    const refused = loadMirrors(treeWith(), env('', { COOLPORTS_IPFS_PEERS: odd }))
    expect(refused.mirrors.ipfs.size).toBe(0)
    if (!isInstalled()) {
      expect(refused.problems.map(({ remedy }) => remedy)).toEqual([expect.stringContaining('npm ci')])
      return
    }
    const { mirrors, problems } = loadMirrors(treeWith(), variables)
    expect([mirrors.ipfs.size > 0, problems.length]).toEqual([true, 0])
    expect(refused.problems.map(({ why }) => why)).toEqual(
      odd.split(' ').map(text => `"${text}" is no address such as /ip4/192.0.2.1/tcp/4001/p2p/ID`),
    )
  })

  it('finds a daemon where it writes its address', () => {
    const root = treeWith()
    put(join(root, 'home/.ipfs/api'), '/ip4/127.0.0.1/tcp/5001\n')
    const { IPFS_API: _, ...variables } = env('', { HOME: join(root, 'home') })
    expect(loadMirrors(root, variables).mirrors.ipfs.size).toBe(2)
    expect(loadMirrors(root, { ...variables, HOME: root }).mirrors.ipfs.size).toBe(0)
  })

  it('leaves out hostile records and gateways, and names each', () => {
    const root = treeWith('../../x')
    const { mirrors, problems } = loadMirrors(root, env('http://g file:///etc http://u:p@h http://h?x'))
    expect(mirrors.ipfs.size).toBe(1)
    expect(problems.map(problem => formatMessage('do-fetch', problem))).toEqual([
      expect.stringContaining('IPFS gateway "file:///etc": it is not the http: or https: url'),
      expect.stringContaining('IPFS gateway "http://u:p@h": it holds a user name or password'),
      expect.stringContaining('IPFS gateway "http://h?x": it is not the http: or https: url'),
      expect.stringContaining('mirrors/ipfs:11:1: cannot use mirror: cid "../../x" is no CID of a file'),
    ])
  })
})

describe('a source by its CID', () => {
  it('is put together from blocks, and nobody else is asked', async () => {
    const root = treeWith()
    const gateway = await serveStore(store)
    const upstream = await serve(whole())
    const { outcome, said } = await fetchInto(root, [want([upstream.url])], {
      env: env(gateway.url),
      limits: PATIENT,
    })
    expect(outcome.ok).toBe(true)
    expect(said).toEqual(['fetch source.tar.gz from ipfs', 'fetched source.tar.gz 300 kB sha256 ok'])
    expect(readFileSync(join(root, 'store/distfiles', DIGEST))).toEqual(BODY)
    expect(upstream.asked).toHaveLength(0)
  })

  it('goes on from the bytes of another place', async () => {
    const root = treeWith()
    put(join(root, `store/distfiles/.partial/${DIGEST}`), BODY.subarray(0, 280_000))
    const gateway = await serveStore(store)
    const { outcome } = await fetchInto(root, [want([])], { env: env(gateway.url), limits: PATIENT })
    expect(outcome.ok).toBe(true)
    expect(gateway.asked.map(({ url }) => url)).toEqual([
      `/ipfs/${CID}?format=raw`,
      expect.stringContaining('entity-bytes=280000:*'),
    ])
  })

  it('is fetched from its url when the record names another file: the sha256 counts', async () => {
    const root = treeWith(LYING_CID)
    const gateway = await serveStore(store)
    const upstream = await serve(whole())
    const { outcome, said } = await fetchInto(root, [want([upstream.url])], {
      env: env(gateway.url),
      limits: PATIENT,
    })
    expect(outcome.ok).toBe(true)
    expect(said[1]).toMatch(/^fetch source.tar.gz: ipfs gave sha256 [0-9a-f]{64} \(300 kB\); asking the next/)
    expect(kept(root)).toEqual([DIGEST])
  })

  it.skipIf(!isInstalled())(`comes from a peer, whoever else is asked${WITHOUT}`, async () => {
    const root = treeWith()
    const peers = [NO_PEER, await mutePeer(), await honestPeer(store.reader)].join(' ')
    const silent = await serve(() => {})
    const upstream = await serve(whole())
    const { outcome, said } = await fetchInto(root, [want([upstream.url])], {
      env: env(silent.url, { COOLPORTS_IPFS_PEERS: peers }),
      limits: { ...PATIENT, idleMs: 300_000 },
    })
    expect(outcome.ok).toBe(true)
    expect(said).toEqual(['fetch source.tar.gz from ipfs', 'fetched source.tar.gz 300 kB sha256 ok'])
    expect(upstream.asked).toHaveLength(0)
  })

  it.skipIf(!isInstalled())(`is fetched from its url when peers are of no use${WITHOUT}`, async () => {
    const root = treeWith()
    const peers = [NO_PEER, await mutePeer(), await honestPeer(new Store().reader)].join(' ')
    const upstream = await serve(whole())
    const { outcome, said } = await fetchInto(root, [want([upstream.url])], {
      env: env('', { COOLPORTS_IPFS_PEERS: peers }),
      limits: { ...PATIENT, nextAfterMs: 60_000 },
    })
    expect(outcome.ok).toBe(true)
    expect(said[1]).toMatch(
      /ipfs gave no block .*gave nothing: it does not have it.*; asking the next place$/,
    )
  })

  it('is fetched from its url when no gateway has it, or is there', async () => {
    const root = treeWith()
    const poor = await serveStore(new Store())
    const upstream = await serve(whole())
    const gateways = env(`${poor.url} http://127.0.0.1:9`)
    const { outcome, said } = await fetchInto(root, [want([upstream.url])], {
      env: gateways,
      limits: PATIENT,
    })
    expect(outcome.ok).toBe(true)
    expect(said.at(1)).toMatch(
      /^fetch source.tar.gz: ipfs gave no block Qm\w+: .*HTTP 404 \(not found\).*; asking the next place$/,
    )
  })

  it('does not wait for a gateway again and again that never answers', async () => {
    const root = folder()
    const bodies = [1, 2, 3, 4, 5, 6].map(String)
    const cids = await Promise.all(bodies.map(body => store.add(Buffer.from(body))))
    put(
      join(root, 'mirrors/ipfs'),
      bodies.map((body, index) => `sha256: ${sha256(body)}\ncid: ${cids[index]}\n`).join('\n'),
    )
    const silent = await serve(() => {})
    const upstream = await serve((request, response) => response.end(request.url?.slice(1)))
    const { outcome, said } = await fetchInto(
      root,
      bodies.map(body => want([`${upstream.url}/${body}`], { file: body, sha256: sha256(body) })),
      { env: env(silent.url), jobs: 1 },
    )
    expect(outcome.ok).toBe(true)
    expect(silent.asked).toHaveLength(3)
    expect(said.filter(line => line.includes('it is asked no more'))).toHaveLength(1)
  })

  it('is told as a place when none gives it', async () => {
    const root = treeWith()
    const poor = await serveStore(new Store())
    const { message } = await fetchInto(root, [want([])], { env: env(poor.url), limits: PATIENT })
    expect(message?.facts?.slice(2)).toEqual([
      ['from', `ipfs://${CID}`],
      ['got', `no block ${CID}: ${poor.url.slice(7)} gave HTTP 404 (not found)`],
    ])
  })
})
