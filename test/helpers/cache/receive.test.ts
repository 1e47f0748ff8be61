import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { ok } from '../../../core/result.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import type { Place } from '../../../helpers/cache/place.ts'
import { begin, PATIENCE, receive } from '../../../helpers/cache/receive.ts'
import type { CacheRecord } from '../../../helpers/cache/record.ts'

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

test('of two records that one is answered whose package came', async () => {
  const [one, two] = [record('one'), record('another')]
  const { path, result } = await received(saying('one'), [two, one])
  expect(result).toEqual({ ok: true, value: one })
  expect(readFileSync(path, 'utf8')).toBe('one')
})

test.each([
  ['of the size and another digest', 'oNe', 'lie'],
  ['that ends too soon', 'on', 'cut'],
])('a package %s is not kept', async (_, body, kind) => {
  const { path, result } = await received(saying(body), [record('one')])
  expect(result).toMatchObject({ ok: false, error: { kind } })
  expect(existsSync(path)).toBe(false)
})
