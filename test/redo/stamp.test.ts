import {
  chmodSync,
  chownSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { difference, exists, isEdited, isOfFile, nothing, type Stamp, stampOf } from '../../redo/stamp.ts'

const stamp = (text: string): Stamp => text as Stamp

type Change = readonly [field: string, change: (file: string) => void]

const byRoot: readonly Change[] = [
  ['owner', file => chownSync(file, 1, 0)],
  ['group', file => chownSync(file, 0, 1)],
]

test.each<Change>([
  ['time, by less than a millisecond', file => utimesSync(file, 1000, 1000.0002)],
  ['size', file => writeFileSync(file, 'other')],
  [
    'inode',
    file => {
      copyFileSync(file, `${file}.copy`)
      renameSync(`${file}.copy`, file)
    },
  ],
  ['mode', file => chmodSync(file, 0o600)],
  ...(process.getuid?.() === 0 ? byRoot : []),
])('a file has another stamp when it differs by its %s alone, and so has a symlink to it', (what, change) => {
  const [file, link] = inFolder('file', 'link')
  writeFileSync(file, 'text')
  chmodSync(file, 0o644)
  utimesSync(file, 1000, 1000)
  symlinkSync(file, link)
  const before = [stampOf(file), stampOf(link)]
  change(file)
  if (!what.startsWith('time')) utimesSync(file, 1000, 1000)
  expect(stampOf(file)).not.toBe(before[0])
  expect(stampOf(link)).not.toBe(before[1])
})

test('what stands in a folder is nothing to it, nor to a symlink to it; none of them is a file', () => {
  const [folder, link] = inFolder('folder', 'link')
  mkdirSync(folder)
  symlinkSync(folder, link)
  const before = [stampOf(folder), stampOf(link)]
  writeFileSync(join(folder, 'new'), '')
  expect([stampOf(folder), stampOf(link)]).toEqual(before)
  expect(before.map(isOfFile)).toEqual([false, false])
})

test('a symlink is told from another one, also when both lead nowhere or to themselves', () => {
  const [link] = inFolder('link')
  symlinkSync(link, link)
  lutimesSync(link, 1000, 1000)
  const before = stampOf(link)
  expect(isOfFile(before)).toBe(false)
  lutimesSync(link, 1001, 1001)
  expect(stampOf(link)).not.toBe(before)
})

test('there is nothing by a name that no file can have', () => {
  const [file] = inFolder('file')
  writeFileSync(file, '')
  for (const name of [join(file, 'x'), `${file}${'x'.repeat(300)}`])
    expect([stampOf(name), exists(name)]).toEqual([nothing, false])
})

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

function inFolder<T extends readonly string[]>(...names: T): { [K in keyof T]: string } {
  const folder = mkdtempSync(join(tmpdir(), 'redo-stamp-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return names.map(name => join(folder, name)) as { [K in keyof T]: string }
}
