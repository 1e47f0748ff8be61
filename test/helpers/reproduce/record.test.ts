import { expect, test } from 'vitest'
import type { Sha256 } from '../../../core/digest.ts'
import { readReproduced, reproducedText } from '../../../helpers/reproduce/record.ts'

const digest = (digit: string) => digit.repeat(64) as Sha256

const zlib = {
  package: 'zlib',
  pkghash: digest('1'),
  sha256: digest('2'),
  varied: ['umask', 'name of the host'],
}
/** As records were before they said what was varied. */
const make = { package: 'make', pkghash: digest('3'), sha256: digest('4'), varied: [] }

test('records are read as they were written, sorted', () => {
  const text = reproducedText([zlib, make])
  expect(readReproduced(text)).toEqual({ ok: true, value: [make, zlib] })
  expect(text).toContain('varied: umask, name of the host\n')
  expect(text.match(/varied/g)).toHaveLength(1)
})

test.each([
  ['without digests', 'package: make\npkghash: 3\nsha256: 4\n', 1],
  ['with a field that we do not write', `${reproducedText([zlib])}note: mine\n`, 5],
  ['with a field twice', `${reproducedText([zlib])}package: make\n`, 5],
])('a record %s is refused by its line', (_, text, line) => {
  expect(readReproduced(text)).toEqual({ ok: false, error: { line } })
})

test('a text that is no recutils file is refused by its line', () => {
  expect(readReproduced('# Notes\n\nabout something else\n')).toEqual({ ok: false, error: { line: 3 } })
})

test('a new file has no records', () => {
  expect(readReproduced('')).toEqual({ ok: true, value: [] })
})
