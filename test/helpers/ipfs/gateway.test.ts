import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { CarWriter } from '@ipld/car'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { describeIpfs, IpfsRefusal } from '../../../helpers/block/failure.ts'
import { openFrom } from '../../../helpers/ipfs/open.ts'
import { sendWithoutEnd } from '../../support/endless.ts'
import { folder, put, serve } from '../fetch/support.ts'
import { placesAt, Store, serveStore } from './support.ts'

const BODY = randomBytes(5_000_000) // twenty blocks
const store = new Store()
const ROOT = await store.add(BODY)

type Tamper = (request: IncomingMessage, response: ServerResponse) => boolean

const isArchive = ({ url = '' }: IncomingMessage): boolean => url.includes('format=car')
const isRoot = ({ url = '' }: IncomingMessage): boolean => url.startsWith(`/ipfs/${ROOT}?`)

/** Only single blocks can be had. */
const noArchive: Tamper = (request, response) => {
  if (isArchive(request)) response.writeHead(406).end()
  return isArchive(request)
}

/** Reads a file through gateways. */
async function read(
  gateways: ReturnType<typeof placesAt>,
  root = ROOT,
  path: readonly string[] = [],
  from = 0,
) {
  const signal = new AbortController().signal
  const { places, limits } = gateways
  const opened = await openFrom(places, { root, path, from, limit: 2 ** 40, signal }, limits.idleMs)
  if (!opened.ok) return describeIpfs(opened.error)
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.value.body) chunks.push(chunk)
    return Buffer.concat(chunks).equals(BODY.subarray(from)) ? 'the file' : 'ANOTHER FILE'
  } catch (error) {
    if (error instanceof IpfsRefusal) return error.message
    throw error
  }
}

describe('a gateway that works', () => {
  it('is asked for the first block, and for an archive of the others', async () => {
    const { url, asked } = await serveStore(store)
    expect(await read(placesAt([url]))).toBe('the file')
    expect(asked.map(({ url }) => url?.replace(/.*format=(\w+).*/, '$1'))).toEqual(['raw', 'car'])
  })

  it('may be named with the path of what it gives', async () => {
    const { url } = await serveStore(store)
    expect(await read(placesAt([`${url}/ipfs/`]))).toBe('the file')
  })

  it('is told from one that gives files alone', async () => {
    const small = Buffer.from('0123456789')
    const root = await store.add(small)
    const { url } = await serve((_request, response) => {
      response.setHeader('content-type', 'application/x-xz').end(small)
    })
    const gateways = placesAt([url])
    const told = `sha256 ${sha256(small)} (10 B) as "application/x-xz", not as a block: it may be no trustless gateway`
    expect(await read(gateways, root)).toContain(`gave ${told}`)
    expect(gateways.said).toEqual([expect.stringContaining(`${told}; it is asked no more`)])
  })

  it('is asked block by block where it makes no archives', async () => {
    const { url, asked } = await serveStore(store, noArchive)
    expect(await read(placesAt([url]))).toBe('the file')
    expect(asked).toHaveLength(1 + 1 + 20)
  })

  it('is asked for what is missing alone when a download goes on', async () => {
    const { url, asked } = await serveStore(store, noArchive)
    expect(await read(placesAt([url]), ROOT, [], 4_500_000)).toBe('the file')
    expect(asked.length).toBeLessThanOrEqual(1 + 1 + 3)
    const archiver = await serveStore(store)
    expect(await read(placesAt([archiver.url]), ROOT, [], 4_500_000)).toBe('the file')
    expect(archiver.asked[1]?.url).toContain('entity-bytes=4500000:*')
    expect(archiver.asked).toHaveLength(2)
  })

  it('finds a file in a folder', async () => {
    const root = folder()
    put(`${root}/below/file`, BODY)
    const own = new Store()
    const cid = await own.addPath(root)
    const { url } = await serveStore(own)
    expect(await read(placesAt([url]), cid, ['below', 'file'])).toBe('the file')
    expect(await read(placesAt([url]), cid, ['below', 'none'])).toBe('a folder without "none"')
  })
})

/** What one gateway may do; beside it stands an honest one. */
const hostile: Readonly<Record<string, Tamper>> = {
  'is not there': (_request, response) => {
    response.destroy()
    return true
  },
  'answers 500': (_request, response) => {
    response.writeHead(500).end()
    return true
  },
  'never answers': () => true,
  'stops after the first block': (request, _response) => !isRoot(request) || isArchive(request),
  'cuts each block': (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 })
    response.write('x', () => response.destroy())
    return true
  },
  'cuts the archive': (request, response) => {
    if (!isArchive(request)) return false
    const end = response.end.bind(response)
    const write = response.write.bind(response)
    let left = 1_000_000
    response.write = ((chunk: Uint8Array, ...rest: never[]) => {
      left -= chunk.length
      if (left < 0) response.destroy()
      return write(chunk, ...rest)
    }) as never
    response.end = end
    return false
  },
  'gives another block': (_request, response) => {
    response.end('another block')
    return true
  },
  'flips a bit in each block': (request, response) => {
    const [, name = ''] = /^\/ipfs\/(\w+)/.exec(request.url ?? '') ?? []
    const bytes = Buffer.from(
      store.blocks.get(Buffer.from(CID.parse(name).multihash.digest).toString('hex')) ?? '',
    )
    bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40)
    response.end(bytes)
    return true
  },
  'sends without an end': (_request, response) => {
    sendWithoutEnd(response)
    return true
  },
  'sends an archive without an end': (request, response) => {
    if (!isArchive(request)) return false
    response.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])) // a header of 4 TB
    sendWithoutEnd(response)
    return true
  },
  'sends an archive of blocks that nobody asked for': (request, response) => {
    if (isArchive(request)) void sendArchive(response, 10_000, index => Buffer.from(`extra ${index}`))
    return isArchive(request)
  },
  'sends an archive of false blocks': (request, response) => {
    if (isArchive(request)) void sendArchive(response, 3, () => randomBytes(1000), false)
    return isArchive(request)
  },
  'sends an archive in which each block has a bit flipped': (request, response) => {
    if (isArchive(request)) sendFlipped(response)
    return isArchive(request)
  },
  'stops in the middle of its archive': (request, response) => {
    if (isArchive(request)) response.write(carHeader())
    return isArchive(request)
  },
  'sends no archive but text': (request, response) => {
    if (isArchive(request)) response.end('<html>')
    return isArchive(request)
  },
  'sends an archive drop by drop': (request, response) => {
    if (!isArchive(request)) return false
    const timer = setInterval(() => response.write('\u0001'), 20)
    response.on('close', () => clearInterval(timer))
    return true
  },
  'leads in circles': (request, response) => {
    response.writeHead(302, { location: request.url ?? '' }).end()
    return true
  },
}

/** Of an archive of version 1, up to its first block: { roots: [ROOT], version: 1 } in CBOR. */
function carHeader(): Buffer {
  const link = Buffer.concat([Buffer.from([0xd8, 0x2a, 0x58, 35, 0]), ROOT.bytes])
  const header = Buffer.concat([
    Buffer.from([0xa2, 0x65, ...Buffer.from('roots'), 0x81]),
    link,
    Buffer.from([0x67, ...Buffer.from('version'), 1]),
  ])
  return Buffer.concat([Buffer.from([header.length]), header])
}

/** Blocks with the CIDs of those that are wanted. */
function sendFlipped(response: ServerResponse): void {
  const { writer, out } = CarWriter.create([ROOT])
  void (async () => {
    for (const [digest, block] of store.blocks) {
      const bytes = Buffer.from(block)
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20)
      await writer.put({ cid: CID.createV1(0x70, create(0x12, Buffer.from(digest, 'hex'))), bytes })
    }
    await writer.close()
  })()
  pipeline(out, response).catch(() => {})
}

async function sendArchive(
  response: ServerResponse,
  count: number,
  body: (index: number) => Buffer,
  honest = true,
): Promise<void> {
  const { writer, out } = CarWriter.create([ROOT])
  void (async () => {
    for (let index = 0; index < count; index++) {
      const bytes = body(index)
      const digest = honest ? Buffer.from(sha256(bytes), 'hex') : randomBytes(32)
      await writer.put({ cid: CID.createV1(0x55, create(0x12, digest)), bytes })
    }
    await writer.close()
  })()
  for await (const chunk of out) if (!response.destroyed) response.write(chunk)
  response.end()
}

describe.each(Object.entries(hostile))('a gateway that %s', (_name, tamper) => {
  it('does not matter when another one is honest, whichever is named first', async () => {
    const bad = await serveStore(store, tamper)
    const good = await serveStore(store)
    expect(await read(placesAt([bad.url, good.url]))).toBe('the file')
    expect(await read(placesAt([good.url, bad.url]))).toBe('the file')
  })

  it('gives the file or a failure when it is alone, and soon', async () => {
    const bad = await serveStore(store, tamper)
    const got = await read(placesAt([bad.url]))
    if (got !== 'the file') expect(got).toMatch(/^no block \w+: 127.0.0.1:\d+ gave \S/)
  })
})

describe('Places', () => {
  it('leaves a liar out for the rest of the run, and says so once', async () => {
    const liar = await serve((_request, response) => response.end('another block'))
    const good = await serveStore(store, noArchive)
    const gateways = placesAt([liar.url, good.url])
    expect(await read(gateways)).toBe('the file')
    expect(liar.asked).toHaveLength(1)
    expect(gateways.said).toEqual([
      expect.stringMatching(/^ipfs: 127.0.0.1:\d+ gave sha256 [0-9a-f]{64} \(13 B\); it is asked no more$/),
    ])
  })

  it('asks one no more that has sent a false block in an archive', async () => {
    const liar = await serveStore(store, hostile['sends an archive in which each block has a bit flipped'])
    const gateways = placesAt([liar.url])
    expect(await read(gateways)).toMatch(/^no block \w+: 127.0.0.1:\d+ gave sha256 /)
    expect(gateways.said).toEqual([expect.stringContaining('it is asked no more')])
  })

  it('does not hold it against a gateway that it lacks a block', async () => {
    const poor = await serveStore(new Store())
    const gateways = placesAt([poor.url])
    for (let count = 0; count < 5; count++) expect(await read(gateways)).toContain('HTTP 404')
    expect([poor.asked.length, gateways.said]).toEqual([5, []])
  })

  it('puts a file together from gateways that have a part each', async () => {
    const parts = [new Store(), new Store()]
    let index = 0
    for (const [digest, bytes] of store.blocks) parts[index++ % 2]?.blocks.set(digest, bytes)
    const urls = await Promise.all(parts.map(part => serveStore(part)))
    expect(await read(placesAt(urls.map(({ url }) => url)))).toBe('the file')
  })

  it('asks all gateways at once for blocks that are wanted before one has come', async () => {
    const silent = await serve(() => {})
    const good = await serveStore(store, noArchive)
    // Patience longer than that of the test itself, also with the next gateway.
    const { places } = placesAt([silent.url, good.url], { idleMs: 600_000 }, 600_000)
    const { signal } = new AbortController()
    const got = await Promise.all([places.get(ROOT, signal), places.get(ROOT, signal)])
    expect(got.map(({ ok }) => ok)).toEqual([true, true])
  })

  it('asks the next gateway as well when the best one dawdles', async () => {
    const slow = await serveStore(store, (...question) => noArchive(...question) || !isRoot(question[0]))
    const good = await serveStore(store, noArchive)
    // Patience longer than that of the test itself: it is not what ends the wait.
    expect(await read(placesAt([slow.url, good.url], { idleMs: 600_000 }))).toBe('the file')
    expect(slow.asked.length).toBeGreaterThan(1)
  })

  it.each([
    ['header', Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ['block', Buffer.concat([carHeader(), Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), ROOT.bytes])],
  ])('hangs up on an archive that promises a %s of terabytes', async (_part, start) => {
    let sent = 0
    const endless = await serveStore(store, (request, response) => {
      if (!isArchive(request)) return false
      response.write(start)
      sendWithoutEnd(response, undefined, bytes => {
        sent += bytes
      })
      return true
    })
    // Time enough to send much more, were it not for the bound.
    expect(await read(placesAt([endless.url], { idleMs: 10_000 }))).toBe('the file')
    expect(sent).toBeLessThan(32 * 2 ** 20)
  })

  it('has nothing without gateways, and says so', async () => {
    expect(await read(placesAt([]))).toBe(`no block ${ROOT}: there is nobody to ask`)
  })

  it('leaves an archive that does not come at once when nobody wants the file any more', async () => {
    const hungUp = vi.fn()
    const silent = await serveStore(store, (request, response) => {
      if (isArchive(request)) response.on('close', hungUp)
      return isArchive(request)
    })
    const { places } = placesAt([silent.url], { idleMs: 600_000 }, 600_000)
    const wanted = { root: ROOT, path: [], limit: 2 ** 40, signal: AbortSignal.timeout(300) }
    const opened = await openFrom(places, wanted, 600_000)
    if (!opened.ok) throw new Error(describeIpfs(opened.error))
    const all = async (): Promise<void> => {
      for await (const _ of opened.value.body);
    }
    const left = expect(all()).rejects.toBeInstanceOf(IpfsRefusal)
    // An archive has 5 s for itself.
    expect(await Promise.race([left, sleep(3_000, 'waits on')])).not.toBe('waits on')
    await vi.waitFor(() => expect(hungUp).toHaveBeenCalled())
  })

  it('stops at once when it is told to', async () => {
    const silent = await serve(() => {})
    const { places } = placesAt([silent.url])
    const controller = new AbortController()
    const got = places.get(ROOT, controller.signal)
    controller.abort()
    expect(await got).toEqual({ ok: false, error: { kind: 'aborted' } })
    expect(await places.get(ROOT, controller.signal)).toEqual({ ok: false, error: { kind: 'aborted' } })
  })
})
