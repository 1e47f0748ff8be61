import { randomBytes } from 'node:crypto'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { Blocks } from '../../../helpers/block/block.ts'
import { parseCid } from '../../../helpers/block/cid.ts'
import { describeIpfs, IpfsRefusal } from '../../../helpers/block/failure.ts'
import { openFile } from '../../../helpers/ipfs/file.ts'
import { resolvePath } from '../../../helpers/ipfs/folder.ts'
import { folder, put } from '../fetch/support.ts'
import { Store } from './support.ts'

const never = (): AbortSignal => new AbortController().signal

/** The bytes of a file, or why there are none. */
async function read(store: Store, cid: CID, from = 0, limit = 2 ** 40): Promise<Buffer | string> {
  const opened = await openFile(cid, { blocks: store.reader, from, limit, signal: never() })
  if (!opened.ok) return describeIpfs(opened.error)
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of opened.value.body) chunks.push(chunk)
    return Buffer.concat(chunks)
  } catch (error) {
    if (error instanceof IpfsRefusal) return error.message
    throw error
  }
}

/** A block made by hand. */
function block(
  store: Store,
  meaning: ConstructorParameters<typeof UnixFS>[0],
  links: readonly { readonly Name?: string; readonly Hash: CID }[] = [],
): CID {
  const data = new UnixFS(meaning).marshal()
  const bytes = dagPb.encode(
    dagPb.prepare({ Data: data, Links: links.map(link => ({ Name: '', Tsize: 0, ...link })) }),
  )
  const digest = create(0x12, Buffer.from(sha256(bytes), 'hex'))
  const cid = CID.createV0(digest as Parameters<typeof CID.createV0>[0])
  store.put(cid, bytes)
  return cid
}

describe('openFile()', () => {
  const BODY = randomBytes(174 * 262_144 + 300_000) // two layers of links

  it('gives the bytes of a file of two layers, from any place on, and asks for no block before it', async () => {
    const store = new Store()
    const cid = await store.add(BODY)
    expect(BODY.equals((await read(store, cid)) as Buffer)).toBe(true)
    for (const from of [1, 262_143, 262_144, 262_145, BODY.length - 1, BODY.length]) {
      store.asked.length = 0
      const got = (await read(store, cid, from)) as Buffer
      expect(BODY.subarray(from).equals(got)).toBe(true)
      expect(store.asked.length).toBeLessThanOrEqual(5 + (BODY.length - from) / 262_144)
    }
  })

  it('tells the size before anything is read, and refuses more than is of use', async () => {
    const store = new Store()
    const cid = await store.add(BODY)
    const opened = await openFile(cid, { blocks: store.reader, limit: BODY.length, signal: never() })
    expect(opened).toMatchObject({ ok: true, value: { size: BODY.length } })
    expect(store.asked).toHaveLength(1)
    expect(await read(store, cid, 0, BODY.length - 1)).toContain(`more than ${BODY.length - 1}`)
  })

  it('asks for a few blocks ahead, and for no more when the reader leaves', async () => {
    const store = new Store()
    const opened = await openFile(await store.add(BODY), {
      blocks: store.reader,
      limit: 2 ** 40,
      signal: never(),
    })
    if (!opened.ok) throw new Error()
    for await (const _ of opened.value.body) break
    const { length } = store.asked
    expect(length).toBeLessThan(20)
    await new Promise(resolve => setImmediate(resolve))
    expect(store.asked).toHaveLength(length)
  })

  it('waits for no block any more when the reader leaves', async () => {
    const store = new Store()
    const root = await store.add(BODY.subarray(0, 2_000_000))
    const signals: AbortSignal[] = []
    const blocks: Blocks = {
      get: (cid, signal) => {
        signals.push(signal)
        return store.reader.get(cid, signal)
      },
    }
    const opened = await openFile(root, { blocks, limit: 2 ** 40, signal: never() })
    if (!opened.ok) throw new Error()
    for await (const _ of opened.value.body) break
    expect(signals.slice(1).map(({ aborted }) => aborted)).toEqual(signals.slice(1).map(() => true))
    expect(signals.length).toBeGreaterThan(2)
  })

  it('breaks off where a block is missing', async () => {
    const store = new Store()
    const cid = await store.add(BODY.subarray(0, 600_000))
    const { Links } = dagPb.decode(
      store.blocks.get(Buffer.from(cid.multihash.digest).toString('hex')) ?? BODY,
    )
    store.blocks.delete(Buffer.from(Links[2]?.Hash.multihash.digest ?? []).toString('hex'))
    expect(await read(store, cid)).toMatch(/^no block Qm\w+/)
  })

  it('reads files that others made: raw leaves, bytes beside links', async () => {
    const store = new Store()
    const hash = (bytes: Uint8Array): CID => {
      const cid = CID.createV1(0x55, create(0x12, Buffer.from(sha256(bytes), 'hex')))
      store.put(cid, bytes)
      return cid
    }
    const leaf = hash(Buffer.from('world'))
    const cid = block(store, { type: 'file', data: Buffer.from('hello '), blockSizes: [5n] }, [
      { Hash: leaf },
    ])
    expect(String(await read(store, cid))).toBe('hello world')
    expect(String(await read(store, cid, 3))).toBe('lo world')
    expect(String(await read(store, cid, 8))).toBe('rld')
    expect(String(await read(store, leaf))).toBe('world')
  })
})

describe('a hostile graph', () => {
  it('of a part that has another size than is told is not read on', async () => {
    const store = new Store()
    const leaf = block(store, { type: 'file', data: Buffer.from('12345') })
    for (const size of [4n, 6n]) {
      const cid = block(store, { type: 'file', blockSizes: [size] }, [{ Hash: leaf }])
      expect(await read(store, cid)).toContain('another size')
    }
  })

  it('of parts without a size, or empty ones, is refused', async () => {
    const store = new Store()
    const leaf = block(store, { type: 'file' })
    expect(await read(store, block(store, { type: 'file' }, [{ Hash: leaf }]))).toContain('unknown size')
    expect(await read(store, block(store, { type: 'file', blockSizes: [0n] }, [{ Hash: leaf }]))).toContain(
      'empty part',
    )
  })

  it('of many layers is refused, and not followed to its end', async () => {
    const store = new Store()
    let cid = block(store, { type: 'file', data: Buffer.from('1') })
    for (let depth = 0; depth < 10_000; depth++)
      cid = block(store, { type: 'file', blockSizes: [1n] }, [{ Hash: cid }])
    expect(await read(store, cid)).toContain('too many layers')
    expect(store.asked.length).toBeLessThan(20)
  })

  it('that unfolds into billions of tiny parts costs some thousand blocks', async () => {
    const store = new Store()
    let size = 1n
    let cid = block(store, { type: 'file', data: Buffer.from('1') })
    for (let layer = 0; layer < 6; layer++) {
      const sizes = Array.from({ length: 100 }, () => size)
      const below = cid
      cid = block(
        store,
        { type: 'file', blockSizes: sizes },
        sizes.map(() => ({ Hash: below })),
      )
      size *= 100n
    }
    expect(await read(store, cid, 0, Number.MAX_SAFE_INTEGER)).toContain('too many small blocks')
    expect(store.asked.length).toBeLessThan(5000)
  })

  it('of absurd sizes is refused', async () => {
    const store = new Store()
    const leaf = block(store, { type: 'file', data: Buffer.from('1') })
    const huge = block(store, { type: 'file', blockSizes: [2n ** 63n, 2n ** 63n] }, [
      { Hash: leaf },
      { Hash: leaf },
    ])
    expect(await read(store, huge)).toContain('absurd size')
  })

  it('with a folder for a part, links for a file, or bytes that are no graph is refused', async () => {
    const store = new Store()
    const list = block(store, { type: 'directory' })
    expect(await read(store, list)).toContain('it is a folder, not a file')
    expect(await read(store, block(store, { type: 'file', blockSizes: [5n] }, [{ Hash: list }]))).toContain(
      'a folder is a part of a file',
    )
    expect(await read(store, block(store, { type: 'symlink', data: Buffer.from('/etc/passwd') }))).toContain(
      'a block of the kind "symlink"',
    )
    const noise = randomBytes(100)
    const digest = create(0x12, Buffer.from(sha256(noise), 'hex'))
    const cid = CID.createV0(digest as Parameters<typeof CID.createV0>[0])
    store.put(cid, noise)
    expect(await read(store, cid)).toContain('a damaged block')
  })

  it('with a link by a digest that is too weak is refused', async () => {
    const store = new Store()
    const weak = CID.createV1(0x55, create(0x11, randomBytes(20))) // sha1
    expect(await read(store, block(store, { type: 'file', blockSizes: [5n] }, [{ Hash: weak }]))).toContain(
      'names no sha2-256 digest',
    )
    const short = CID.createV1(0x55, create(0x12, randomBytes(4)))
    expect(await read(store, block(store, { type: 'file', blockSizes: [5n] }, [{ Hash: short }]))).toContain(
      'names no sha2-256 digest',
    )
  })
})

describe('resolvePath()', () => {
  it.each([3, 2600])('finds each file of a folder of %i, and nothing else', async count => {
    const names = Array.from({ length: count }, (_, index) => `${sha256(`${index}`)}.tar.gz`)
    const store = new Store()
    const cid = await store.addFolder(Object.fromEntries(names.map(name => [name, name])))
    const layers = new Set<number>()
    for (const name of names.slice(0, 300)) {
      store.asked.length = 0
      const found = await resolvePath(cid, [name], store.reader, never())
      if (!found.ok) throw new Error(describeIpfs(found.error))
      layers.add(store.asked.length)
      expect(String(await read(store, found.value))).toBe(name)
    }
    expect([...layers].sort()).toEqual(count > 1000 ? expect.arrayContaining([2]) : [1])
    const none = await resolvePath(cid, ['none'], store.reader, never())
    expect(none).toEqual({ ok: false, error: { kind: 'absent', name: 'none' } })
  })

  it('follows a path of folders, and takes names for names', async () => {
    const root = folder()
    put(`${root}/a/b/c`, 'deep')
    const store = new Store()
    const cid = await store.addPath(root)
    const found = await resolvePath(cid, ['a', 'b', 'c'], store.reader, never())
    expect(found.ok && String(await read(store, found.value))).toBe('deep')
    for (const path of [['a/b'], ['..'], ['a', '..', 'a'], [''], ['a', 'b', 'c', 'd']])
      expect((await resolvePath(cid, path, store.reader, never())).ok).toBe(false)
  })

  it('is led by a large folder to parts of its own kind alone', async () => {
    const store = new Store()
    const all = Array.from({ length: 256 }, (_, index) => index.toString(16).toUpperCase().padStart(2, '0'))
    const leaf = block(store, { type: 'file', data: Buffer.from('x') })
    const plain = block(store, { type: 'directory' }, [{ Name: 'x', Hash: leaf }])
    const links = all.map(Name => ({ Name, Hash: plain }))
    for (const [fanout, why] of [
      [256n, 'a part of a folder is of another kind'],
      [1024n, 'a large folder of an unknown kind'],
    ] as const) {
      const cid = block(store, { type: 'hamt-sharded-directory', fanout, hashType: 0x22n }, links)
      const found = await resolvePath(cid, ['x'], store.reader, never())
      expect(found).toEqual({ ok: false, error: { kind: 'unsound', why } })
    }
  })

  it('does not let a large folder send it in circles', async () => {
    const store = new Store()
    let cid = block(store, { type: 'hamt-sharded-directory', fanout: 256n, hashType: 0x22n })
    const all = Array.from({ length: 256 }, (_, index) => index.toString(16).toUpperCase().padStart(2, '0'))
    for (let depth = 0; depth < 50; depth++) {
      const below = cid
      cid = block(
        store,
        { type: 'hamt-sharded-directory', fanout: 256n, hashType: 0x22n },
        all.map(Name => ({ Name, Hash: below })),
      )
    }
    expect((await resolvePath(cid, ['x'], store.reader, never())).ok).toBe(false)
    expect(store.asked.length).toBeLessThan(10)
  })
})

it('parseCid() refuses what holds no file, and what cannot be checked', () => {
  const digest = create(0x12, Buffer.alloc(32))
  expect(parseCid(CID.createV1(0x55, digest).toString()).ok).toBe(true)
  for (const [cid, why] of [
    [CID.createV1(0x71, digest), 'is of a codec that holds no files'],
    [CID.createV1(0x55, create(0x11, Buffer.alloc(32))), 'names no sha2-256 digest'],
    [CID.createV1(0x55, create(0x12, Buffer.alloc(31))), 'names no sha2-256 digest'],
  ] as const)
    expect(parseCid(cid.toString())).toEqual({ ok: false, error: expect.stringContaining(why) })
})
