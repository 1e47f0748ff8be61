import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { writeWhole } from '../../core/whole-file.ts'
import { folder } from '../helpers/tar/folder.ts'
import { DEAD, partBy, UNSEEN } from '../support/part.ts'

test('writeWhole() takes the place of a file, and leaves alone what others are writing there', () => {
  const root = folder({ file: 'old' })
  const others = [DEAD, UNSEEN].map(one => partBy(one, join(root, 'file')))
  for (const path of others) writeFileSync(path, 'theirs')
  writeWhole(join(root, 'file'), 'new')
  expect(readFileSync(join(root, 'file'), 'utf8')).toBe('new')
  expect(readdirSync(root).sort()).toEqual([...others.map(path => basename(path)), 'file'].sort())
  expect(others.map(path => readFileSync(path, 'utf8'))).toEqual(['theirs', 'theirs'])
})

test('writeWhole() leaves nothing where it fails', () => {
  const root = folder()
  mkdirSync(join(root, 'file'))
  expect(() => writeWhole(join(root, 'file'), 'new')).toThrow('EISDIR')
  expect(readdirSync(root)).toEqual(['file'])
})
