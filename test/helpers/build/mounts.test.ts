import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mayMountDisk, mountDisk, mountFolding, mountModeless } from '../../support/mount.ts'
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

test('nothing is built where modes are lost, be it the tree or the store: the bytes would be others', context => {
  const folder = shop.folder('modes')
  if (!mountModeless(folder)) return context.skip('this machine mounts no such file system')
  shop.closure('modes', 'base')
  const why =
    'its file system does not keep which files may be run, or read by others\n  folder "FOLDER"\n  the tree, and the store, have to lie on one that does\n'
  expect(shop.build('modes', 'echo text >"$DESTDIR/file"')).toMatchObject({
    status: 2,
    stderr: `do-build: cannot build modes-1-1: ${why.replace('FOLDER', folder)}`,
  })
  expect(readdirSync(folder)).toEqual(['.bclosure'])

  mountModeless(shop.store)
  shop.closure('plain', 'base')
  expect(shop.build('plain', ': >"$DESTDIR/file"')).toMatchObject({
    status: 2,
    stderr: `do-build: cannot unpack ../base/.pkg.tar.gz: ${why.replace('FOLDER', join(shop.store, 'trees'))}`,
  })
})

test('nor is a package imported there', context => {
  const folder = shop.folder('imported')
  if (!mountModeless(folder)) return context.skip('this machine mounts no such file system')
  const archive = join(shop.root, 'archive.tar')
  execFileSync('tar', ['-cf', archive, '-C', shop.root, 'package.json'])
  writeFileSync(join(folder, '.fetch'), shop.source('archive.tar', readFileSync(archive)))
  expect(
    shop.run('imported', ['--import', 'imported-1-1', '--fetch', '.fetch', '--out', '.pkg.tar.gz']),
  ).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('cannot import imported-1-1: its file system does not keep'),
  })
})
