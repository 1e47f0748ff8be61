import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeWhole } from '../../core/whole-file.ts'
import { folder } from '../helpers/tar/folder.ts'

test('writeWhole() takes the place of a file, and of what an earlier process of its number left', () => {
  const root = folder({ file: 'old' })
  writeFileSync(join(root, `file.${process.pid}.part`), 'left')
  writeWhole(join(root, 'file'), 'new')
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('new')
  expect(readdirSync(root)).toEqual(['file'])
})

test('writeWhole() leaves nothing where it fails', () => {
  const root = folder()
  mkdirSync(join(root, 'file'))
  expect(() => writeWhole(join(root, 'file'), 'new')).toThrow('EISDIR')
  expect(readdirSync(root)).toEqual(['file'])
})
