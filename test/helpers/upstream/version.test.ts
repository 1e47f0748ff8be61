import { expect, test } from 'vitest'
import { compareVersions } from '../../../helpers/upstream/version.ts'

test.each([
  ['1.9', '1.10'],
  ['1.2', '1.2.1'],
  ['4.4', '4.4.1'],
  ['2.0rc1', '2.0'],
  ['2.0-beta.2', '2.0-rc.1'],
  ['1.1.1', '1.1.1w'],
  ['1.1.1a', '1.1.1w'],
  ['1.1.1w', '1.1.2'],
  ['59', '59c'],
  ['9', '2024.01.31'],
  ['7.3.0', '7.3.00000000000000000000001'],
])('%s is earlier than %s', (earlier, later) => {
  expect(compareVersions(earlier, later)).toBeLessThan(0)
  expect(compareVersions(later, earlier)).toBeGreaterThan(0)
})

test.each([
  ['1.0', '1.0'],
  ['1.0', '1_0'],
  ['1.01', '1.1'],
  ['2.0RC1', '2.0rc1'],
])('%s is the same as %s', (one, other) => {
  expect(compareVersions(one, other)).toBe(0)
})
