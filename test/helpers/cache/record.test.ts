import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import type { KeyId } from '../../../helpers/cache/minisign.ts'
import { type CacheRecord, isExpired, readRecord, recordText } from '../../../helpers/cache/record.ts'

const RECORD: CacheRecord = {
  name: 'make' as PackageName,
  version: '4.4.1-1',
  hash: sha256('key'),
  tar: sha256('tar'),
  gz: sha256('gz'),
  size: 12345,
  closure: [
    { hash: sha256('musl'), name: 'musl' as PackageName },
    { hash: sha256('seed'), name: 'seed' as PackageName },
  ],
  builder: 'C5447F9039709639' as KeyId,
  expires: '2027-12-31',
}
const TEXT = recordText(RECORD)

test('a record says again what was written', () => {
  expect(readRecord(TEXT)).toEqual({ ok: true, value: RECORD })
  const { expires: _, ...without } = { ...RECORD, closure: [] }
  expect(readRecord(recordText(without))).toEqual({ ok: true, value: without })
})

test('recutils reads it', () => {
  const { stdout } = spawnSync('recsel', ['-P', 'package,tar_sha256,closure'], {
    input: TEXT,
    encoding: 'utf8',
  })
  expect(stdout.trim().split('\n')).toEqual([
    'make',
    RECORD.tar,
    ...RECORD.closure.map(({ hash, name }) => `${hash} ${name}`),
  ])
})

describe('a record is refused', () => {
  const less = (name: string) => TEXT.replace(new RegExp(`^${name}:.*\\n`, 'm'), '')
  const other = (name: string, value: string) =>
    TEXT.replace(new RegExp(`^${name}:.*$`, 'm'), `${name}: ${value}`)
  test.each([
    ['that is empty', '', 'it is not one record'],
    ['that is two', `${TEXT}\n${TEXT}`, 'it is not one record'],
    ['that is cut', TEXT.slice(0, 200), 'gz_sha256 is not a sha256'],
    ['that is no record', '\u0000\u0001', 'line 1 is no field'],
    ['without a name', less('package'), 'its package has no name'],
    ['with a name that is a path', other('package', '../x'), 'its package has no name'],
    ['without a version', less('version'), 'it has no version'],
    ['with a version that a terminal would obey', other('version', '1\u001b[2J-1'), 'it has no version'],
    ['without a pkghash', less('pkghash'), 'pkghash is not a sha256'],
    ['with a short digest', other('tar_sha256', 'abc'), 'tar_sha256 is not a sha256'],
    ['without a size', less('size'), 'size is not a number'],
    ['with a size below 1', other('size', '0'), 'size is not a number'],
    ['with a size that is two', other('size', '0x10'), 'size is not a number'],
    ['with an endless size', other('size', '99999999999999'), 'size is not a number'],
    ['with an odd closure', other('closure', 'x y'), 'its closure names'],
    [
      'with an endless closure',
      TEXT.replace('builder', `${`closure: ${sha256('x')} x\n`.repeat(2001)}builder`),
      'its closure is too long',
    ],
    ['that is longer than any', `${TEXT}#${'x'.repeat(600_000)}`, 'it is too long'],
    ['without a builder', less('builder'), 'its builder is not the number of a key'],
    ['until a day that is none', other('expires', '2027-02-30'), 'expires is not a day'],
    ['with a field that nobody knows', `${TEXT}more: x\n`, 'it has a field "more"'],
    ['with one field twice', TEXT.replace('size', 'size: 12345\nsize'), 'it is not written as records are'],
    [
      'in another order',
      TEXT.replace(/^(package.*\n)(version.*\n)/, '$2$1'),
      'it is not written as records are',
    ],
    ['with a comment', `# x\n${TEXT}`, 'it is not written as records are'],
    ['with a line that goes on', TEXT.replace('make\n', 'ma\\\nke\n'), 'it is not written as records are'],
  ])('%s', (_, text, why) => {
    const read = readRecord(text)
    expect(read.ok ? 'taken' : read.error).toContain(why)
  })
})

test('a record is expired from the day after the one that it names', () => {
  expect(isExpired(RECORD, '2027-12-31')).toBe(false)
  expect(isExpired(RECORD, '2028-01-01')).toBe(true)
})
