import { expect, test } from 'vitest'
import { quoted } from '../../core/message.ts'

test('a quoted value is one line, and holds nothing that a terminal obeys', () => {
  expect(quoted('it is "so" \\ ü')).toBe('"it is \\"so\\" \\\\ ü"')
  expect(quoted('\0 \n \r \x1b[31m \x7f \x80 \x9b31m \x9f \u2028 \u2029')).toBe(
    '"\\u0000 \\n \\r \\u001b[31m \\u007f \\u0080 \\u009b31m \\u009f \\u2028 \\u2029"',
  )
  expect(quoted('\u202e \u2066 \u200f \ufeff \ud800')).toBe('"\\u202e \\u2066 \\u200f \\ufeff \\ud800"')
})
