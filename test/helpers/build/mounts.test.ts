import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mayMountDisk, mountDisk, mountFolding } from '../../support/mount.ts'
import { Workshop } from './workshop.ts'

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
})
afterAll(() => shop.close())

test('a package is built, and its log kept, where nothing without a name can be asked after', context => {
  const folder = shop.folder('low')
  if (!mountFolding(folder)) return context.skip('this machine mounts no file system by FUSE')
  shop.closure('low', 'base')
  const script = 'echo one; echo two >/dev/stderr; sleep 1.5; echo three >/dev/stderr; : >"$DESTDIR/file"'
  expect(shop.build('low', script)).toMatchObject({ status: 0 })
  expect(existsSync(join(folder, '.pkg.tar.gz'))).toBe(true)
  expect(readFileSync(join(folder, '.log'), 'utf8')).toBe('one\ntwo\nthree\n')
  expect(readdirSync(folder).filter(name => /part$|failed|fuse/.test(name))).toEqual([])
})

test.runIf(mayMountDisk())('a store on a file system that runs no programs is told as such', () => {
  mountDisk(shop.store, 64 * 1024 ** 2, 'noexec')
  shop.closure('high', 'base')
  const { status, stderr } = shop.build('high', ': >"$DESTDIR/file"')
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining(
      'cannot run the script of high-1-1: its shell may not be run\n  the store lies on a file system that is mounted noexec',
    ),
  ])
})
