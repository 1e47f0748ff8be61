import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { ok, refuse } from '../../../core/result.ts'
import { makeKey, signText } from '../../../helpers/cache/minisign.ts'
import { recordName, signatureName } from '../../../helpers/cache/names.ts'
import type { Place } from '../../../helpers/cache/place.ts'
import { type CacheRecord, recordText } from '../../../helpers/cache/record.ts'
import { askPlace } from '../../../helpers/cache/statements.ts'
import { type Files, honest } from './good.ts'

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

const files = (record: CacheRecord): Files =>
  honest({ record, key, body: Buffer.from('gz\n'), folder: '', hash: HASH, keyText: '' })
const OLD = files({ ...RECORD, expires: '2029-12-31' })
const NEW = files({ ...RECORD, expires: '2031-12-31' })

/** A place that has at each moment what `now` says. */
const placeWith = (now: () => Files): Place => ({
  name: '/x',
  open: async file => {
    const bytes = now()[file]
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

const ask = (now: () => Files) =>
  askPlace(placeWith(now), HASH, [{ key: key.public }], '2029-01-01', new AbortController().signal)

const [TEXT, SIGNATURE] = [recordName(HASH, key.public.id), signatureName(HASH, key.public.id)]
/** As `cache add` has it between its two renames. */
const HALF = { ...OLD, [SIGNATURE]: NEW[SIGNATURE] ?? '' }

test('a record that is being renewed is no lie: the new one counts', async () => {
  let now: Files = HALF
  const asking = ask(() => now)
  await setTimeout(20)
  now = NEW
  expect(await asking).toMatchObject({
    ok: true,
    value: { statements: [{ record: { expires: '2031-12-31' } }] },
  })
})

test('a record that goes away meanwhile says nothing', async () => {
  let now: Files = HALF
  const asking = ask(() => now)
  await setTimeout(20)
  now = {}
  expect(await asking).toEqual({ ok: true, value: { statements: [], expired: [] } })
})

test('a signature that stays wrong is a lie, and so is another wrong one', async () => {
  const lie = { ok: false, error: { kind: 'lie', why: expect.stringContaining('its signature is wrong') } }
  expect(await ask(() => HALF)).toEqual(lie)
  let now: Files = HALF
  const asking = ask(() => now)
  await setTimeout(20)
  now = { ...NEW, [TEXT]: recordText({ ...RECORD, tar: sha256('other') }) }
  expect(await asking).toEqual(lie)
})

test('a web page in place of a record is called so', async () => {
  const page = '<!DOCTYPE html>\n<html>log in</html>'
  expect(await ask(() => ({ [TEXT]: page, [SIGNATURE]: page }))).toEqual({
    ok: false,
    error: { kind: 'refused', why: 'a web page in place of a record' },
  })
})

test.each([
  ['of another package', { hash: sha256('other') }, 'it is that of another package'],
  ['in the name of another builder', { builder: makeKey().key.public.id }, 'it names another builder'],
])('a record %s is a lie, whoever signed it', async (_, other, why) => {
  const text = recordText({ ...RECORD, ...other })
  const said: Files = { [TEXT]: text, [SIGNATURE]: signText(key, text, 'x') }
  expect(await ask(() => said)).toEqual({
    ok: false,
    error: { kind: 'lie', why: `the record of builder ${key.public.id}: ${why}` },
  })
})

test('a record that is shorter than its place said was cut off: that is no lie', async () => {
  const place = placeWith(() => OLD)
  const short: Place = {
    ...place,
    open: async (file, signal) => {
      const opened = await place.open(file, signal)
      return opened.ok ? ok({ ...opened.value, length: 5000 }) : opened
    },
  }
  const asked = askPlace(short, HASH, [{ key: key.public }], '2029-01-01', new AbortController().signal)
  expect(await asked).toMatchObject({ ok: false, error: { kind: 'cut', total: 5000 } })
})
