import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { ok, refuse } from '../../../core/result.ts'
import { Broken } from '../../../helpers/cache/failure.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { recordName } from '../../../helpers/cache/names.ts'
import type { Place } from '../../../helpers/cache/place.ts'
import { type CacheRecord, recordText } from '../../../helpers/cache/record.ts'
import { MAX_SIGNED_BYTES, signRecord } from '../../../helpers/cache/signed-record.ts'
import { askPlace } from '../../../helpers/cache/statements.ts'
import type { Files } from './good.ts'

const { key } = makeKey()
const HASH = sha256('key')
const RECORD: CacheRecord = {
  name: 'x' as PackageName,
  version: '1-1',
  hash: HASH,
  tar: sha256('tar'),
  gz: sha256('gz'),
  size: 3,
  closure: [],
  builder: key.public.id,
}

/** A place that has these files. */
const placeWith = (files: Files): Place => ({
  name: '/x',
  open: async file => {
    const bytes = files[file]
    if (bytes === undefined) return refuse({ kind: 'absent' })
    return ok({
      bytes: (async function* () {
        yield Buffer.from(bytes)
      })(),
      close: () => {},
    })
  },
  close: async () => {},
})

const asked = (place: Place) =>
  askPlace(place, HASH, [{ key: key.public }], '2029-01-01', new AbortController().signal)
const ask = (files: Files) => asked(placeWith(files))

const NAME = recordName(HASH, key.public.id)

test('a record has its signature before it, or is a lie', async () => {
  const signed = signRecord(RECORD, key)
  expect(await ask({ [NAME]: signed })).toMatchObject({ ok: true, value: { statements: [{ file: signed }] } })
  const end = signed.indexOf('package: ')
  for (const wrong of [signed.slice(end), signed.slice(0, end), signed.slice(end) + signed.slice(0, end)])
    expect(await ask({ [NAME]: wrong })).toMatchObject({ ok: false, error: { kind: 'lie' } })
  const another = signed.slice(0, end) + recordText({ ...RECORD, tar: sha256('other') })
  expect(await ask({ [NAME]: another })).toMatchObject({
    ok: false,
    error: { kind: 'lie', why: expect.stringContaining('its signature is wrong') },
  })
})

test('a web page in place of a record is called so', async () => {
  const page = '<!DOCTYPE html>\n<html>log in</html>'
  expect(await ask({ [NAME]: page })).toEqual({
    ok: false,
    error: { kind: 'refused', why: 'a web page in place of a record' },
  })
})

test('a record that was compressed on the way is no lie', async () => {
  expect(await ask({ [NAME]: gzipSync(signRecord(RECORD, key)) })).toEqual({
    ok: false,
    error: {
      kind: 'refused',
      why: 'a record that was compressed on the way (Content-Encoding), which was not asked for',
    },
  })
})

test.each([
  ['of another package', { hash: sha256('other') }, 'it is that of another package'],
  ['in the name of another builder', { builder: makeKey().key.public.id }, 'it names another builder'],
])('a record %s is a lie, whoever signed it', async (_, other, why) => {
  expect(await ask({ [NAME]: signRecord({ ...RECORD, ...other }, key) })).toEqual({
    ok: false,
    error: { kind: 'lie', why: `the record of builder ${key.public.id}: ${why}` },
  })
})

test('a record that is shorter than its place said was cut off: that is no lie', async () => {
  const place = placeWith({ [NAME]: signRecord(RECORD, key) })
  const short: Place = {
    ...place,
    open: async (file, signal) => {
      const opened = await place.open(file, signal)
      return opened.ok ? ok({ ...opened.value, length: 5000 }) : opened
    },
  }
  expect(await asked(short)).toMatchObject({ ok: false, error: { kind: 'cut', total: 5000 } })
})

/** A place whose every file has these bytes. */
const placeOf = (bytes: () => AsyncIterable<Uint8Array>): Place => ({
  ...placeWith({}),
  open: async () => ok({ bytes: bytes(), close: () => {} }),
})

test('a record without an end is left once it is longer than any', async () => {
  let given = 0
  const endless = placeOf(async function* () {
    for (; given < 2 * MAX_SIGNED_BYTES; given += 65536) yield Buffer.alloc(65536, 'x')
  })
  expect(await asked(endless)).toMatchObject({
    ok: false,
    error: { kind: 'lie', why: `${NAME} is longer than ${MAX_SIGNED_BYTES} bytes` },
  })
  expect(given).toBeLessThan(1.2 * MAX_SIGNED_BYTES)
})

test('a record that breaks off is told as its place tells it', async () => {
  const failure = { kind: 'cut', have: 1 } as const
  const broken = placeOf(async function* () {
    yield Buffer.from('u')
    throw new Broken(failure)
  })
  expect(await asked(broken)).toEqual({ ok: false, error: failure })
})

test('a record that has expired is told apart, and counts no more', async () => {
  const record = { ...RECORD, expires: '2028-12-31' }
  expect(await ask({ [NAME]: signRecord(record, key) })).toMatchObject({
    ok: true,
    value: { statements: [], expired: [{ record }] },
  })
})
