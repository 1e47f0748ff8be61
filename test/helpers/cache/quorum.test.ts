import { describe, expect, test } from 'vitest'
import { type Sha256, sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { differing, type Said } from '../../../helpers/cache/challenge.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { judge, type Statement } from '../../../helpers/cache/quorum.ts'
import type { CacheRecord } from '../../../helpers/cache/record.ts'
import { parseShare, readSettings } from '../../../helpers/cache/settings.ts'
import { isSpotChecked } from '../../../helpers/store/spot-check.ts'

const [ONE, TWO] = [sha256('one'), sha256('two')]
const record = (tar: Sha256): CacheRecord => ({
  name: 'x' as PackageName,
  version: '1-1',
  hash: sha256('key'),
  tar,
  gz: sha256('gz'),
  size: 1,
  closure: [],
  builder: makeKey().key.public.id,
})
const says = (tar: Sha256, name?: string): Statement => ({
  record: record(tar),
  trusted: { key: makeKey().key.public, ...(name ? { name } : {}) },
  file: '',
})

describe('judge()', () => {
  test.each([
    ['nobody', [], 1, 'too few'],
    ['one builder, where one is enough', [says(ONE)], 1, 'agreed'],
    ['one builder, where two are wanted', [says(ONE)], 2, 'too few'],
    ['two builders', [says(ONE), says(ONE)], 2, 'agreed'],
    ['two keys of one name', [says(ONE, 'alice'), says(ONE, 'alice')], 2, 'too few'],
    ['two builders of one opinion and a third of another', [says(ONE), says(ONE), says(TWO)], 2, 'disputed'],
    ['two builders, where one would be enough', [says(ONE), says(TWO)], 1, 'disputed'],
  ] as const)('%s', (_, statements, quorum, kind) => {
    expect(judge(statements, quorum).kind).toBe(kind)
  })
})

describe('differing()', () => {
  const said = (builder: string, tar: Sha256): Said => ({
    place: '/x',
    builder,
    record: record(tar),
    expired: false,
  })
  test('names who says otherwise than the build here', () => {
    expect(differing([said('a', ONE), said('b', ONE), said('c', TWO)], { tar: TWO, built: true })).toEqual([
      'a',
      'b',
    ])
  })
  test('takes what came from a cache for nobody’s word', () => {
    expect(differing([said('a', ONE), said('b', ONE), said('c', TWO)], { tar: TWO, built: false })).toEqual([
      'c',
    ])
  })
  test('names who says otherwise than most', () => {
    expect(differing([said('a', ONE), said('b', TWO), said('c', ONE)], undefined)).toEqual(['b'])
  })
  test('names both where two stand against each other', () => {
    expect(differing([said('a', ONE), said('b', TWO)], undefined)).toEqual(['a', 'b'])
  })
  test('hears a builder once, in however many places he says the same', () => {
    expect(differing([said('a', ONE), said('a', ONE), said('b', TWO)], undefined)).toEqual(['a', 'b'])
  })
  test('names nobody where all say the same', () => {
    expect(differing([said('a', ONE), said('b', ONE)], { tar: ONE, built: true })).toEqual([])
  })
})

describe('readSettings()', () => {
  test('reads what the user wants of caches', () => {
    expect(
      readSettings({
        PKG_CACHE_URL: ' /a  http://b /a',
        PKG_FORCE_BINARY: 'yes',
        PKG_CACHE_QUORUM: '2',
        PKG_CACHE_SPOT_CHECK: '5%',
      }),
    ).toEqual({
      ok: true,
      value: { urls: ['/a', 'http://b'], forceBinary: true, quorum: 2, spotCheck: 0.05 },
    })
    expect(readSettings({ PACKAGE_CACHE_URL: '/old' })).toMatchObject({ value: { urls: ['/old'] } })
    expect(readSettings({})).toEqual({
      ok: true,
      value: { urls: [], forceBinary: false, quorum: 1, spotCheck: 0 },
    })
  })
  test.each([
    { PKG_FORCE_BINARY: 'maybe' },
    { PKG_CACHE_QUORUM: 'two' },
    { PKG_CACHE_QUORUM: '0' },
    { PKG_CACHE_SPOT_CHECK: '0.05' },
    { PKG_CACHE_SPOT_CHECK: '101%' },
  ])('refuses %j, which decides what is believed', env => {
    expect(readSettings(env).ok).toBe(false)
  })
  test.each([
    ['5%', 0.05],
    ['0.5%', 0.005],
    ['100%', 1],
    ['0', 0],
    ['5', undefined],
    ['-1%', undefined],
  ])('a share of %s is %s', (text, share) => {
    expect(parseShare(text)).toBe(share)
  })
})

describe('isSpotChecked()', () => {
  const hashes = Array.from({ length: 2000 }, (_, index) => sha256(String(index)))
  const chosen = (share: number, salt: string) => hashes.filter(hash => isSpotChecked(hash, share, salt))
  test('chooses about the share that is asked for, all for 100% and none for 0', () => {
    expect(chosen(0, 'x')).toEqual([])
    expect(chosen(1, 'x')).toEqual(hashes)
    expect(chosen(0.05, 'x').length).toBeGreaterThan(60)
    expect(chosen(0.05, 'x').length).toBeLessThan(140)
  })
  test('chooses the same ones for one run, and others for the next', () => {
    expect(chosen(0.05, 'x')).toEqual(chosen(0.05, 'x'))
    expect(chosen(0.05, 'x')).not.toEqual(chosen(0.05, 'y'))
  })
})
