import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import { areAsMade, KEY_FILE, keyIn, nameKey } from '../../core/key-file.ts'
import { pkgKeyText } from '../support/pkgkey.ts'

const folder = mkdtempSync(join(tmpdir(), 'coolports-key-'))
const made = (path: string, text: string): string => `${sha256(text)}  ${path}`

beforeAll(() => {
  mkdirSync(join(folder, 'files'))
  writeFileSync(join(folder, 'a'), 'A')
  writeFileSync(join(folder, 'files/two  blanks\nand a line'), 'B')
  symlinkSync('a', join(folder, 'link'))
  writeFileSync(join(folder, 'most'), Buffer.alloc(1 << 20))
  writeFileSync(join(folder, 'more'), Buffer.alloc((1 << 20) + 1))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('inputs are as a rule was made from them where all of them are', () => {
  const [a, b] = [made('a', 'A'), made('files/two  blanks\nand a line', 'B')]
  expect(areAsMade(folder, [a])).toBe(true)
  expect(areAsMade(folder, [a, b])).toBe(true)
  expect(areAsMade(folder, [made('a', 'B'), b])).toBe(false)
  expect(areAsMade(folder, [a, made('files/two  blanks\nand a line', 'A')])).toBe(false)
  expect(() => areAsMade(folder, [a, made('gone', 'A')])).toThrow('ENOENT')
})

test('what is no file, or takes long to read, is not looked into', () => {
  expect(areAsMade(folder, [made('link', 'A')])).toBe(false)
  expect(areAsMade(folder, [made('files', '')])).toBe(false)
  const zeros = (bytes: number): string => '\0'.repeat(bytes)
  expect(areAsMade(folder, [made('most', zeros(1 << 20))])).toBe(true)
  expect(areAsMade(folder, [made('more', zeros((1 << 20) + 1))])).toBe(false)
})

test('a key that was named is one that can be read, in the file of the same mode', () => {
  const text = pkgKeyText({ name: 'tiny' })
  const path = join(folder, KEY_FILE)
  writeFileSync(path, text)
  chmodSync(path, 0o640)
  nameKey(path)
  expect(readFileSync(path, 'utf8')).toBe(`${sha256(text)}\n${text}`)
  expect(statSync(path).mode & 0o777).toBe(0o640)
  expect(keyIn(folder)).toMatchObject({ name: 'tiny', hash: sha256(text), text })
})
