import { expect, test } from 'vitest'
import { difference, isEdited, type Stamp } from '../../redo/stamp.ts'

const stamp = (text: string): Stamp => text as Stamp

test.each([
  ['the time', '2 5 7 33188 0 0', true],
  ['the size', '1 6 7 33188 0 0', true],
  ['the place on disk', '1 5 8 33188 0 0', false],
  ['the mode', '1 5 7 33261 0 0', false],
  ['the owner', '1 5 7 33188 1 1', false],
  ['what it leads to', '1 5 7 33188 0 0>9 9 9 9 9 9', false],
])('whether a file is edited whose stamp differs by %s alone', (_, now, edited) => {
  expect(isEdited(stamp('1 5 7 33188 0 0'), stamp(now))).toBe(edited)
})

test('a time beyond what a Date can say is told as it is', () => {
  const far = difference(stamp('1000 5 7 33188 0 0'), stamp('9e15 5 7 33188 0 0'))
  expect(far).toBe('time 1970-01-01T00:00:01.000000Z -> 9000000000000000 ms')
})
