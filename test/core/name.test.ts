import { expect, test } from 'vitest'
import { isFileName, isPackageName } from '../../core/name.ts'

test('a package is named in lower case, and so that no name is hidden, an option or a path', () => {
  for (const name of ['a', '0ad', 'gtk+', 'a.b_c-d', 'a'.repeat(100)])
    expect(isPackageName(name), name).toBe(true)
  for (const name of [
    '',
    'aB',
    '.a',
    '-a',
    '_a',
    '+a',
    'a/b',
    '..',
    'a b',
    'a\n',
    'a~',
    'ä',
    'a'.repeat(101),
  ])
    expect(isPackageName(name), name).toBe(false)
})

test('a file name is safe in a path, in a list, and as a word of a shell', () => {
  for (const name of ['a', '_', '0', 'A+b._~@%=,-', 'a'.repeat(200)])
    expect(isFileName(name), name).toBe(true)
  for (const name of [
    '',
    '.',
    '..',
    '.a',
    '-a',
    '~a',
    '=a',
    'a/b',
    'a b',
    'a\n',
    'a\\',
    'a*',
    'a&',
    "a'",
    'ä',
  ])
    expect(isFileName(name), name).toBe(false)
  expect(isFileName('a'.repeat(201))).toBe(false)
})
