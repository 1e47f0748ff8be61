import { linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { writeWhole } from '../../core/whole-file.ts'
import { folder } from '../helpers/tar/folder.ts'
import { DEAD, partBy, UNSEEN } from '../support/part.ts'

test('writeWhole() takes the place of a file, and leaves alone what others are writing there', () => {
  const root = folder({ file: 'old' })
  linkSync(join(root, 'file'), join(root, 'also'))
  const others = [DEAD, UNSEEN].map(one => partBy(one, join(root, 'file')))
  for (const path of others) writeFileSync(path, 'theirs')
  writeWhole(join(root, 'file'), 'new')
  // Who has it open, or by another name, has the old one whole.
  expect(['file', 'also'].map(name => readFileSync(join(root, name), 'utf8'))).toEqual(['new', 'old'])
  expect(readdirSync(root).sort()).toEqual([...others.map(path => basename(path)), 'also', 'file'].sort())
  expect(others.map(path => readFileSync(path, 'utf8'))).toEqual(['theirs', 'theirs'])
})

test('writeWhole() leaves nothing where it fails', () => {
  const root = folder()
  mkdirSync(join(root, 'file'))
  expect(() => writeWhole(join(root, 'file'), 'new')).toThrow('EISDIR')
  expect(readdirSync(root)).toEqual(['file'])
})
