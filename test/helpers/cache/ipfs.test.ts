import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { isInstalled } from '../../../helpers/bitswap/node.ts'
import { digestOf } from '../../../helpers/block/cid.ts'
import { Broken, describe as describeFailure } from '../../../helpers/cache/failure.ts'
import type { Place } from '../../../helpers/cache/place.ts'
import { placeOf } from '../../../helpers/cache/schemes.ts'
import { nameKeyIn } from '../../../helpers/ipfs/name-key.ts'
import { recordsIn } from '../../../helpers/ipfs/record-folder.ts'
import { honestPeer, WITHOUT } from '../bitswap/support.ts'
import { folder, later } from '../fetch/support.ts'
import { Store, serveStore } from '../ipfs/support.ts'

const BODY = randomBytes(2_000_000)
const NAME = `${sha256('a package')}.tar.gz`
const RECORD = `${sha256('a package')}.AAAAAAAAAAAAAAAA.minisig`

/** A cache of `count` small packages and a large one, in a folder of this name. */
async function cache(count: number, below = '') {
  const files: Record<string, string | Uint8Array> = {
    [join(below, NAME)]: BODY,
    [join(below, RECORD)]: 'record: 1\n',
  }
  for (let index = 0; index < count; index++) files[join(below, `${sha256(`${index}`)}.tar.gz`)] = `${index}`
  const store = new Store()
  return { store, cid: await store.addFolder(files) }
}

async function place(url: string, gateways: string, peers = '', store = folder()): Promise<Place> {
  const made = await placeOf(url, {
    COOLPORTS_IPFS_GATEWAYS: gateways,
    COOLPORTS_IPFS_PEERS: peers,
    COOLPORTS_STORE: store,
    IPFS_API: '',
  })
  if (!made.ok) throw new Error(made.error)
  later(() => void made.value.close())
  return made.value
}

/** What the place gives: the file, or why not. */
async function give(from: Place, file = NAME): Promise<string> {
  const opened = await from.open(file, new AbortController().signal)
  if (!opened.ok) return describeFailure(opened.error)
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.value.bytes) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    return bytes.equals(BODY) ? 'the file' : bytes.toString('latin1')
  } catch (error) {
    if (error instanceof Broken) return describeFailure(error.failure)
    throw error
  }
}

describe('a cache at ipns://NAME', () => {
  it('is where its name led last, where nobody says in time where it leads now', async () => {
    const { store, cid } = await cache(1)
    const key = nameKeyIn(join(folder(), 'key.pem'))
    if (!key.ok) throw new Error(key.error)
    const { name, sign } = key.value
    // As a daemon that looks for a name in a large network.
    const { url: gateway } = await serveStore(store, ({ url = '' }) => url.startsWith('/ipns/'))
    const tree = folder()
    const from = await place(`ipns://${name.text}`, gateway, '', tree)
    expect(await from.open(RECORD, AbortSignal.timeout(1500))).toMatchObject({
      error: { kind: 'unreachable', why: expect.stringContaining('nobody has said it in time') },
    })
    recordsIn(tree).write(name.text, await sign(`/ipfs/${cid}`, 1n, 3_600_000, 60_000))
    const again = await place(`ipns://${name.text}`, gateway, '', tree)
    const opened = await again.open(RECORD, AbortSignal.timeout(2500))
    expect(opened.ok).toBe(true)
    if (opened.ok) opened.value.close()
  })

  it('lies below what its name means, which is asked for again when its record says so', async () => {
    const { store, cid } = await cache(1, 'x86_64/stable')
    const key = nameKeyIn(join(folder(), 'key.pem'))
    if (!key.ok) throw new Error(key.error)
    const { name, sign } = key.value
    for (const [ttlMs, times] of [
      [60_000, 1],
      [0, 2],
    ] as const) {
      const record = await sign(`/ipfs/${cid}/x86_64`, 1n, 3_600_000, ttlMs)
      let asked = 0
      const { url: gateway } = await serveStore(store, ({ url = '' }, response) => {
        if (!url.startsWith('/ipns/')) return false
        asked += 1
        response.end(record)
        return true
      })
      const from = await place(`ipns://${name.text}/stable`, gateway)
      for (const file of [NAME, NAME]) expect(await give(from, file)).toBe('the file')
      expect(asked).toBe(times)
    }
  })
})

describe('a cache at ipfs://CID', () => {
  it.skipIf(!isInstalled())(`is read from a peer, with no gateway${WITHOUT}`, async () => {
    const { store, cid } = await cache(10)
    const from = await place(`ipfs://${cid}`, '', await honestPeer(store.reader))
    expect(await give(from)).toBe('the file')
    expect(await give(from, RECORD)).toBe('record: 1\n')
    expect(await give(from, `${sha256('none')}.tar.gz`)).toBe(describeFailure({ kind: 'absent' }))
  })

  it.each([10, 3000])('gives every file of a folder of %i, and tells which are absent', async count => {
    const { store, cid } = await cache(count)
    const { url } = await serveStore(store)
    const from = await place(`ipfs://${cid}`, url)
    expect(await give(from)).toBe('the file')
    expect(await give(from, RECORD)).toBe('record: 1\n')
    for (const index of [0, 7, count - 1])
      expect(await give(from, `${sha256(`${index}`)}.tar.gz`)).toBe(`${index}`)
    expect(await give(from, `${sha256('none')}.tar.gz`)).toBe('nothing: it does not have it')
  })

  it('asks once for the blocks of the folder, however many files are asked for', async () => {
    const { store, cid } = await cache(20)
    const { url, asked } = await serveStore(store)
    const from = await place(`ipfs://${cid}`, url)
    for (let index = 0; index < 20; index++) await give(from, `${sha256(`${index}`)}.tar.gz`)
    expect(asked.filter(request => request.url?.startsWith(`/ipfs/${cid}?`))).toHaveLength(1)
    expect(asked).toHaveLength(21)
  })

  it('is without a file of which nobody has the blocks any more, and not without the others', async () => {
    const { store, cid } = await cache(1)
    store.blocks.delete(digestOf(await new Store().add(Buffer.from('record: 1\n'))))
    const { url } = await serveStore(store)
    const from = await place(`ipfs://${cid}`, url)
    expect(await give(from, RECORD)).toBe('nothing: it does not have it')
    expect(await give(from)).toBe('the file')
    const empty = await serveStore(new Store())
    expect(await give(await place(`ipfs://${cid}`, empty.url))).toMatch(/^no answer: no block /)
  })

  it('may lie below a path, and be written in another spelling', async () => {
    const { store, cid } = await cache(1, 'x86_64/stable')
    const { url } = await serveStore(store)
    expect(await give(await place(`ipfs://${cid}/x86_64/stable`, url))).toBe('the file')
    expect(await give(await place(`ipfs://${cid.toV1()}/x86_64/stable/`, url))).toBe('the file')
    expect(await give(await place(`ipfs://${cid}/x86_64`, url))).toBe('nothing: it does not have it')
    expect(await give(await place(`ipfs://${cid}/x86_64/stabel`, url))).toContain('there is no such folder')
  })

  it('may lie below names with blanks', async () => {
    const { store, cid } = await cache(1, 'my cache/100%')
    const { url } = await serveStore(store)
    expect(await give(await place(`ipfs://${cid}/my%20cache/100%25`, url))).toBe('the file')
    await expect(place(`ipfs://${cid}/100%`, url)).rejects.toThrow(
      'it has a % that is no code of a character',
    )
  })

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => boolean]>([
    ['dead', (_request, response) => !response.destroy().writable || true],
    ['broken', (_request, response) => !response.writeHead(500).end().writable || true],
    ['lying', (_request, response) => !response.end('a lie').writable || true],
    [
      'lying from the second block on',
      ({ url = '' }, response) => {
        const first = url.includes(`${BIG}?`) || url.includes(`${BIG_ROOT}?`)
        if (!first || url.includes('car')) response.end('a lie')
        return !first || url.includes('car')
      },
    ],
  ])(
    'is not harmed by a %s gateway beside an honest one, and never gives false bytes',
    async (_kind, tamper) => {
      const bad = await serveStore(BIG_STORE, tamper)
      const good = await serveStore(BIG_STORE)
      expect(await give(await place(`ipfs://${BIG_ROOT}`, `${bad.url} ${good.url}`))).toBe('the file')
      expect(await give(await place(`ipfs://${BIG_ROOT}`, bad.url))).toMatch(
        /^(no answer: no block Qm|a part: )/,
      )
    },
  )

  it.each([
    ['ipfs://', 'it has not the form ipfs://CID or ipns://NAME'],
    ['ipfs:Qm', 'it has not the form'],
    ['ipfs://../../x', '".." is no CID'],
    ['ipfs://QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn?x', 'it has not the form'],
    ['ipns://example.org', 'is a DNS name'],
    ['ipns://QmUNLL', 'is no IPNS name'],
  ])('refuses %s', async (url, why) => {
    const made = await placeOf(url, { COOLPORTS_IPFS_GATEWAYS: 'http://h', IPFS_API: '' })
    expect(made.ok ? '' : made.error).toContain(why)
  })

  it('needs somebody to ask, whom the user names', async () => {
    const url = 'ipfs://QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
    const made = await placeOf(url, { IPFS_API: '' })
    expect(made.ok ? '' : made.error).toContain('name gateways in COOLPORTS_IPFS_GATEWAYS')
    const odd = await placeOf(url, { IPFS_API: '', COOLPORTS_IPFS_GATEWAYS: 'gopher://h' })
    expect(odd.ok ? '' : odd.error).toContain('gopher://h')
  })
})

const { store: BIG_STORE, cid: BIG_ROOT } = await cache(1)
const BIG = await new Store().add(BODY)
