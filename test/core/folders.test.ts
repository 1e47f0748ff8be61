import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolders } from '../../core/folders.ts'
import { folder } from '../helpers/tar/folder.ts'

test('makeFolders() makes what is missing, and takes no file for a folder', () => {
  const root = folder({ file: '' })
  for (let time = 0; time < 2; time++) makeFolders(join(root, 'a/b/c'))
  expect(statSync(join(root, 'a/b/c')).isDirectory()).toBe(true)
  expect(() => makeFolders(join(root, 'file'))).toThrow('ENOTDIR')
  expect(() => makeFolders(join(root, 'file/below'))).toThrow('ENOTDIR')
})
