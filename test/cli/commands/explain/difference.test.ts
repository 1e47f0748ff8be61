import { expect, test } from 'vitest'
import { difference } from '../../../../cli/commands/explain/difference.ts'

const said = (before: string, after: string): string =>
  difference([...before], [...after])
    .map(({ sign, line }) => sign + line)
    .join(' ')

test.each([
  ['abc', 'abc', ''],
  ['abc', 'abd', '-c +d'],
  ['abc', 'ac', '-b'],
  ['ac', 'abc', '+b'],
  ['', 'ab', '+a +b'],
  ['abcd', 'bcda', '-a +a'],
  ['xaybz', 'aqb', '-x -y +q -z'],
])('difference() from %j to %j is %j', (before, after, changes) => {
  expect(said(before, after)).toBe(changes)
})
