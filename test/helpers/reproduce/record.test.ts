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
  expect(readReproduced(text)).toEqual([make, zlib])
  expect(text).toContain('varied: umask, name of the host\n')
  expect(text.match(/varied/g)).toHaveLength(1)
})

test('a record without digests is none', () => {
  expect(readReproduced('package: make\npkghash: 3\nsha256: 4\n')).toEqual([])
})
