import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { ok } from '../../../core/result.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import type { Place } from '../../../helpers/cache/place.ts'
import { begin, PATIENCE, receive } from '../../../helpers/cache/receive.ts'
import type { CacheRecord } from '../../../helpers/cache/record.ts'

/** How long the disk takes for a piece. */
const disk = vi.hoisted(() => ({ ms: 0 }))
vi.mock('../../../core/write-all.ts', async original => {
  const { writeAll } = await original<typeof import('../../../core/write-all.ts')>()
  return {
    writeAll(fd: number, bytes: Uint8Array): void {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, disk.ms)
      writeAll(fd, bytes)
    },
  }
})

const folder = mkdtempSync(join(tmpdir(), 'receive-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const record = (body: string): CacheRecord => ({
  name: 'x' as PackageName,
  version: '1-1',
  hash: sha256('key'),
  tar: sha256('tar'),
  gz: sha256(body),
  size: Buffer.byteLength(body),
  closure: [],
  builder: makeKey().key.public.id,
})

/** A place that does not tell how long its package is. */
const giving = (bytes: () => AsyncGenerator<Uint8Array>): Place => ({
  name: '/x',
  open: async () => ok({ bytes: bytes(), close: () => {} }),
  close: async () => {},
})

/** One that does. */
const telling = (body: string): Place => ({
  ...giving(async function* () {}),
  open: async () =>
    ok({ bytes: Readable.from([Buffer.from(body)]), length: Buffer.byteLength(body), close: () => {} }),
})

const saying = (body: string): Place =>
  giving(async function* () {
    yield Buffer.from(body)
  })

let count = 0
async function received(place: Place, records: readonly CacheRecord[]) {
  const path = join(folder, String(++count))
  const begun = await begin(place, records, PATIENCE, new AbortController().signal)
  return { path, result: begun.ok ? await receive(begun.value, path) : begun }
}

test('a package that never ends is read no further than its record goes, and nothing is kept', async () => {
  let asked = 0
  const endless = giving(async function* () {
    for (; asked < 100; asked++) yield Buffer.alloc(10, 'x')
  })
  const { path, result } = await received(endless, [record('x'.repeat(25))])
  expect(result).toEqual({ ok: false, error: { kind: 'lie', why: 'the package has more than 25 bytes' } })
  expect([asked, existsSync(path)]).toEqual([2, false])
})

test.each([saying('one'), telling('one')])(
  'of two records that one is answered whose package came',
  async place => {
    const [one, two] = [record('one'), record('another')]
    const { path, result } = await received(place, [two, one])
    expect(result).toEqual({ ok: true, value: one })
    expect(readFileSync(path, 'utf8')).toBe('one')
    expect((await received(saying('another'), [one, two])).result).toEqual({ ok: true, value: two })
  },
)

test('what there is no room for is not begun', async () => {
  let asked = 0
  const endless = giving(async function* () {
    for (; asked < 100; asked++) yield Buffer.alloc(10, 'x')
  })
  const { path, result } = await received(endless, [{ ...record(''), size: 2 ** 52 }])
  expect(result).toEqual({ ok: false, error: { kind: 'disk', code: 'ENOSPC', folder } })
  expect([asked, existsSync(path)]).toEqual([0, false])
})

test.each([
  ['of the size and another digest', 'oNe', 'lie'],
  ['that ends too soon', 'on', 'cut'],
])('a package %s is not kept', async (_, body, kind) => {
  const { path, result } = await received(saying(body), [record('one')])
  expect(result).toMatchObject({ ok: false, error: { kind } })
  expect(existsSync(path)).toBe(false)
})

test('while our own disk is busy, before and between its bytes, the place keeps nobody waiting', async () => {
  disk.ms = 300
  try {
    const parts = async function* (signal: AbortSignal) {
      for (const part of ['one', 'two', '']) {
        // A turn for timers.
        await sleep(1)
        signal.throwIfAborted()
        yield Buffer.from(part)
      }
    }
    const twice: Place = {
      ...saying(''),
      open: async (_, signal) => ok({ bytes: parts(signal), close: () => {} }),
    }
    const patience = { firstByteMs: 150, idleMs: 150, leastBytes: 100 }
    const begun = await begin(twice, [record('onetwo')], patience, new AbortController().signal)
    if (!begun.ok) throw new Error(begun.error.kind)
    await sleep(300)
    expect(await receive(begun.value, join(folder, 'slow'))).toMatchObject({ ok: true })
  } finally {
    disk.ms = 0
  }
})
