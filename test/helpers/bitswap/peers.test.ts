import { randomBytes } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { describe, expect, it, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { refuse } from '../../../core/result.ts'
import { framesOf } from '../../../helpers/bitswap/frames.ts'
import { MAX_MESSAGE_BYTES, PROTOCOL, parseMessage } from '../../../helpers/bitswap/message.ts'
import { isInstalled, startNode } from '../../../helpers/bitswap/node.ts'
import { numberBytes } from '../../../helpers/bitswap/varint.ts'
import { describeIpfs, IpfsRefusal } from '../../../helpers/block/failure.ts'
import { openFrom } from '../../../helpers/ipfs/open.ts'
import { Store } from '../ipfs/support.ts'
import { hasHelia, heliaPeer } from './helia.ts'
import {
  blockOf,
  honestPeer,
  LEFT_OUT,
  mutePeer,
  NO_PEER,
  oddPeer,
  placesOf,
  tell,
  WITHOUT,
} from './support.ts'

const BODY = randomBytes(4_000_000) // sixteen blocks
const store = new Store()
const ROOT = await store.add(BODY)

/** Reads a file through peers. */
async function read(
  { places, limits }: ReturnType<typeof placesOf>,
  { root = ROOT, path = [], from = 0, body = BODY }: Partial<Reading> = {},
): Promise<string> {
  const { signal } = new AbortController()
  const opened = await openFrom(places, { root, path, from, limit: 2 ** 40, signal }, limits.idleMs)
  if (!opened.ok) return describeIpfs(opened.error)
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.value.body) chunks.push(chunk)
    return Buffer.concat(chunks).equals(body.subarray(from)) ? 'the file' : 'ANOTHER FILE'
  } catch (error) {
    if (error instanceof IpfsRefusal) return error.message
    throw error
  }
}

interface Reading {
  readonly root: CID
  readonly path: readonly string[]
  readonly from: number
  readonly body: Uint8Array
}

describe.skipIf(!isInstalled())(`a peer that works${WITHOUT}`, () => {
  it('gives a file, each block of it asked for once', async () => {
    const own = new Store()
    const root = await own.add(BODY)
    const address = await honestPeer(own.reader)
    expect(await read(placesOf([address]), { root })).toBe('the file')
    expect(new Set(own.asked).size).toBe(own.asked.length)
    expect(own.asked).toHaveLength(1 + 16)
  })

  it('gives what is missing alone when a download goes on', async () => {
    const own = new Store()
    const root = await own.add(BODY)
    const address = await honestPeer(own.reader)
    expect(await read(placesOf([address]), { root, from: 3_500_000 })).toBe('the file')
    expect(own.asked.length).toBeLessThanOrEqual(1 + 3)
  })

  it('gives a file in a folder, and says what it does not have', async () => {
    const own = new Store()
    const root = await own.addFolder({ file: 'text' })
    const address = await honestPeer(own.reader)
    const places = placesOf([address])
    expect(await read(places, { root, path: ['file'], body: Buffer.from('text') })).toBe('the file')
    expect(await read(places, { root, path: ['none'] })).toBe('a folder without "none"')
    expect(await read(places)).toMatch(
      /^no block \S+: the peer at 127\.0\.0\.1:\d+ gave nothing: it does not/,
    )
    expect(places.said).toEqual([])
  })

  it('is one peer by two addresses, and by a name without its key', async () => {
    const address = await honestPeer(store.reader)
    const addresses = [
      address,
      address.replace(/\/p2p\/.*/, ''),
      address.replace('/ip4/127.0.0.1', '/dns4/localhost'),
    ]
    const { places, said } = placesOf(addresses)
    const { signal } = new AbortController()
    const got: boolean[] = []
    for (const place of places.usable) got.push((await place.block(ROOT, signal)).ok)
    expect(got).toEqual([true, true, true])
    expect(said).toEqual([])
  })

  it('is not taken for another one with its address', async () => {
    const [address, other] = [await honestPeer(store.reader), await honestPeer(store.reader)]
    const swapped = address.replace(/\/p2p\/.*/, '') + (/\/p2p\/.*/.exec(other)?.[0] ?? '')
    expect(await read(placesOf([swapped]))).toMatch(/^no block/)
  })
})

const elsewhere = (await store.add(randomBytes(1000))).toString()

describe.skipIf(!isInstalled())(`a peer that does not${WITHOUT}`, () => {
  const lying = () =>
    oddPeer(async (wants, send) => {
      for (const { cid, cancel } of wants)
        if (!cancel) await send(tell({ blocks: [{ cid, bytes: Buffer.from(`not ${cid}`) }] }))
    })
  const talking = () =>
    oddPeer(async (_, send) => {
      for (;;) await send(Buffer.alloc(2 ** 16, 0x7f)) // messages of 127 bytes, which are none
    })
  const boasting = () => oddPeer((_, send) => send(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f])))
  const huge = () =>
    oddPeer((wants, send) =>
      send(tell({ blocks: wants.map(({ cid }) => ({ cid, bytes: Buffer.alloc(2 ** 21 + 1) })) })),
    )
  const promising = () =>
    oddPeer((wants, send) => send(tell({ presences: wants.map(({ cid }) => ({ cid, has: true })) })))
  const trickling = () =>
    oddPeer(async (wants, send) => {
      const [want] = wants
      const block = want && blockOf(store, want.cid)
      for (const byte of (want && block && tell({ blocks: [{ cid: want.cid, bytes: block }] })) ?? []) {
        await send(Buffer.from([byte]))
        await new Promise(resolve => setTimeout(resolve, 50))
      }
    })

  it.each([
    ['is not there', async () => NO_PEER, /the connection was refused/],
    ['takes a connection and is mute', mutePeer, /nothing more for 1\.5 s/],
    ['takes questions and is silent', () => oddPeer(() => {}), /nothing more for 1\.5 s/],
    ['gives false blocks', lying, /sha256 \w{64} \(\d+ B\)/],
    ['talks without end', talking, /nothing: an answer that is none/],
    ['announces a message of 32 GiB', boasting, /more than 4\.2 MB/],
    ['gives a block of more than 2 MiB', huge, /more than 2\.1 MB/],
    ['says that it has it, and does not give it', promising, /nothing more for 1\.5 s/],
    ['gives a byte now and then', trickling, /nothing more for 1\.5 s/],
  ])('%s: it is told, and harms nobody', async (_, start, told) => {
    const alone = await read(placesOf([await start()]))
    expect(alone).toMatch(/^no block \S+: the peer at 127\.0\.0\.1:\d+ gave /)
    expect(alone).toMatch(told)
    const beside = placesOf([await start(), await honestPeer(store.reader)], { idleMs: 20_000 })
    expect(await read(beside)).toBe('the file')
  })

  it('gives false blocks: it is asked no more, and that is said', async () => {
    let questions = 0
    const address = await oddPeer(async (wants, send) => {
      questions++
      await send(tell({ blocks: wants.map(({ cid }) => ({ cid, bytes: Buffer.from('another') })) }))
    })
    const places = placesOf([address])
    expect(await read(places)).toMatch(/^no block/)
    expect(await read(places, { root: CID.parse(elsewhere) })).toMatch(/^no block/)
    expect(questions).toBe(1)
    expect(places.said).toEqual([
      expect.stringMatching(/^ipfs: the peer at \S+ gave sha256 .*; it is asked no more$/),
    ])
  })

  it('leaves in the middle: that is noticed at once, and the others go on', async () => {
    const leaving = (given = 0) =>
      oddPeer(async (wants, send, leave) => {
        for (const { cid } of wants) {
          const bytes = blockOf(store, cid)
          if (++given > 5) return leave()
          if (bytes) await send(tell({ blocks: [{ cid, bytes }] }))
        }
      })
    const patient = { idleMs: 300_000 }
    expect(await read(placesOf([await leaving()], patient))).toMatch(/gave no answer: the connection was/)
    const slow = await honestPeer({
      async get(cid, signal) {
        await new Promise(resolve => setTimeout(resolve, 200))
        return store.reader.get(cid, signal)
      },
    })
    expect(await read(placesOf([await leaving(), slow], patient))).toBe('the file')
  })

  it('has a graph that a reader would never leave: it is refused', async () => {
    const own = new Store()
    const root = await own.add(BODY)
    const address = await honestPeer(own.reader)
    const { places } = placesOf([address])
    const { signal } = new AbortController()
    const opened = await openFrom(places, { root, path: [], limit: 1_000_000, signal }, 1000)
    expect(opened.ok ? 'opened' : describeIpfs(opened.error)).toContain('more than 1000000')
  })
})

describe.skipIf(!isInstalled())(`a peer that is asked${WITHOUT}`, () => {
  it('gives nothing to one who asks nonsense, and others what they want', async () => {
    const address = await honestPeer(store.reader)
    const { signal } = new AbortController()
    const unknown = CID.parse('bafyaabakaieac') // of no digest that can be checked
    const places = placesOf([address])
    for (const nonsense of [
      Buffer.from([0x05, 1, 2, 3, 4, 5]),
      Buffer.alloc(20, 0xff),
      Buffer.alloc(0),
      tell({ wants: [{ cid: unknown, cancel: false, presence: false, sayAbsent: true }] }),
    ]) {
      const node = await startNode({ listen: [], connectMs: 5000 })
      const stream = await (await node.dial(address, signal)).open(PROTOCOL, signal)
      await stream.send(nonsense, signal)
      await stream.close(signal).catch(() => {}) // it may be reset by now
      await node.stop()
      expect(await read(places)).toBe('the file')
    }
  })

  it('answers the questions of a while in one stream', async () => {
    const address = await honestPeer(store.reader)
    const { signal } = new AbortController()
    const node = await startNode({ listen: [], connectMs: 5000 })
    let streams = 0
    let answers = 0
    await node.handle(PROTOCOL, async stream => {
      streams++
      for await (const frame of framesOf(stream, MAX_MESSAGE_BYTES)) if (frame.ok) answers++
    })
    const stream = await (await node.dial(address, signal)).open(PROTOCOL, signal)
    const asked = [...store.blocks.values()].slice(0, 3)
    for (const [index, block] of asked.entries()) {
      await stream.send(
        tell({ wants: [{ cid: cidOf(block), cancel: false, presence: false, sayAbsent: true }] }),
        signal,
      )
      await vi.waitFor(() => expect(answers).toBe(index + 1), 5000)
    }
    expect(streams).toBe(1)
    await node.stop()
  })

  it('answers a peer that wants thousands of other blocks as well', async () => {
    const address = await honestPeer(store.reader)
    const { signal } = new AbortController()
    const node = await startNode({ listen: [], connectMs: 5000 })
    let blocks = 0
    await node.handle(PROTOCOL, async stream => {
      for await (const frame of framesOf(stream, MAX_MESSAGE_BYTES))
        if (frame.ok) blocks += parseMessage(frame.value)?.blocks.length ?? 0
    })
    const stream = await (await node.dial(address, signal)).open(PROTOCOL, signal)
    const others = Array.from({ length: 20_000 }, (_, index) => cidOf(Buffer.from(`${index}`)))
    const wants = [ROOT, ...others].map(cid => ({ cid, cancel: false, presence: false, sayAbsent: false }))
    await stream.send(tell({ wants }), signal)
    await vi.waitFor(() => expect(blocks).toBe(1), 10_000)
    await node.stop()
  })

  it('keeps of the questions of one peer that do not end no more than of one', async () => {
    const address = await honestPeer(store.reader)
    const { signal } = new AbortController()
    const node = await startNode({ listen: [], connectMs: 5000 })
    const connection = await node.dial(address, signal)
    const most = Buffer.concat([numberBytes(MAX_MESSAGE_BYTES), Buffer.alloc(MAX_MESSAGE_BYTES - 1)])
    const ask = async () => (await connection.open(PROTOCOL, signal)).send(most, signal)
    await ask()
    expect(connection.isOpen).toBe(true)
    await ask().catch(() => {}) // it may be closed by now
    await vi.waitFor(() => expect(connection.isOpen).toBe(false), 10_000)
    expect(await read(placesOf([address]))).toBe('the file')
    await node.stop()
  })

  it('goes on when it cannot read a block', async () => {
    let broken = true
    const address = await honestPeer({
      async get(cid, signal) {
        if (broken) return refuse({ kind: 'nowhere', cid: cid.toString(), tried: [] })
        return store.reader.get(cid, signal)
      },
    })
    const places = placesOf([address])
    expect(await read(places)).toContain('it does not have it')
    broken = false
    expect(await read(places)).toBe('the file')
  })
})

describe.skipIf(!hasHelia)(`bitswap as Helia speaks it${hasHelia ? '' : LEFT_OUT}`, () => {
  it('is understood: a file is read from Helia', async () => {
    const { address } = await heliaPeer(store)
    const places = placesOf([address], { idleMs: 20_000 })
    expect(await read(places)).toBe('the file')
    expect(await read(places, { root: HELLO })).toContain('it does not have it')
    expect(places.said).toEqual([])
  })

  it('is spoken: Helia reads blocks from here', async () => {
    const helia = await heliaPeer(new Store())
    await helia.dial(await honestPeer(store.reader))
    const asked = [...store.blocks.values()]
    const got = await Promise.all(asked.map(block => helia.retrieve(cidOf(block))))
    expect(got.map((block, index) => Buffer.compare(block, asked[index] ?? Buffer.from('')))).toEqual(
      asked.map(() => 0),
    )
  })
})

const HELLO = CID.parse('QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o')

const cidOf = (block: Uint8Array): CID =>
  CID.createV0(create(0x12, Buffer.from(sha256(block), 'hex')) as never)
