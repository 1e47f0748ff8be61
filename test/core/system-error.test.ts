import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readingFault, systemFault } from '../../core/system-error.ts'
import { folder } from '../helpers/tar/folder.ts'
import { mayMountDisk, mountDisk } from '../support/mount.ts'

const thrown = (act: () => unknown): unknown => {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('it went well')
}

test('readingFault() says in words why a file cannot be read, or by its code', () => {
  const root = folder({ file: 'x' })
  const read = (path: string) => readingFault(thrown(() => readFileSync(join(root, path))))
  expect(read('none')).toBe('there is no such file')
  expect(read('file/below')).toBe('a part of its path is not a folder')
  expect(read('.')).toBe('it is a folder, not a file')
  expect(readingFault(Object.assign(new Error('x'), { code: 'ERR_STRING_TOO_LONG' }))).toBe('it is too large')
  expect(() => readingFault(new Error('of another kind'))).toThrow('of another kind')
})

test('systemFault() says why, and at which path, of what is to be written', () => {
  const root = folder({ file: 'x' })
  const fault = (path: string) => systemFault(thrown(() => mkdirSync(join(root, path))))
  expect(fault('none/below')).toEqual({ why: 'there is no such folder', path: join(root, 'none/below') })
  expect(fault('file/below')?.why).toBe('there is a file where a folder has to be')
  expect(systemFault(thrown(() => rmdirSync(root)))?.why).toBe('the folder is not empty')
  expect(fault('file')?.why).toBe('there is something of this name')
  expect(systemFault(new Error('of another kind'))).toBeUndefined()
})

test.runIf(mayMountDisk())(
  'systemFault() says why a tree cannot be removed, also where node has no name for it',
  () => {
    const disk = folder()
    mountDisk(disk, 65536)
    const fault = systemFault(thrown(() => rmSync(disk, { recursive: true })))
    expect(fault).toEqual({ why: expect.stringMatching(/^(EBUSY|Device or resource busy)$/), path: disk })
  },
)
