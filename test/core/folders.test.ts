import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder, makeFolders } from '../../core/folders.ts'
import { folder } from '../helpers/tar/folder.ts'
import { mayMountDisk, mountDisk } from '../support/mount.ts'

test('makeFolders() makes what is missing, and takes no file for a folder', () => {
  const root = folder({ file: '' })
  for (let time = 0; time < 2; time++) makeFolders(join(root, 'a/b/c'))
  expect(statSync(join(root, 'a/b/c')).isDirectory()).toBe(true)
  expect(() => makeFolders(join(root, 'file'))).toThrow('ENOTDIR')
  expect(() => makeFolders(join(root, 'file/below'))).toThrow('ENOTDIR')
})

test('makeFolders() gives what it makes the mode that is asked for, and what is there keeps its own', () => {
  const root = folder()
  const before = statSync(root).mode
  makeFolders(join(root, 'a/b'), 0o700)
  expect(['a', 'a/b'].map(name => statSync(join(root, name)).mode & 0o7777)).toEqual([0o700, 0o700])
  expect(statSync(root).mode).toBe(before)
})

test('makeFolder() gives a folder its mode, whatever the umask', () => {
  const root = folder()
  const before = process.umask(0o077)
  try {
    makeFolder(join(root, 'a'))
    makeFolder(join(root, 'b'), 0o1777)
  } finally {
    process.umask(before)
  }
  expect(['a', 'b'].map(name => statSync(join(root, name)).mode & 0o7777)).toEqual([0o755, 0o1777])
  expect(() => makeFolder(join(root, 'a'))).toThrow('EEXIST')
})

test.each(['/proc/none/below', '/sys/none/below'])(
  'makeFolders() ends where nothing can be made: %s',
  path => {
    expect(() => makeFolders(path)).toThrow(/^E\w+:/)
  },
)

test.runIf(mayMountDisk())('makeFolders() tells a read-only file system, however many are missing', () => {
  const disk = folder()
  mountDisk(disk, 65536, 'ro')
  for (const path of ['one', 'one/two']) expect(() => makeFolders(join(disk, path))).toThrow('EROFS')
})
