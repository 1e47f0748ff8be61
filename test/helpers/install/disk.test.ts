import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Folders } from '../../../helpers/install/folders.ts'
import { areOne } from '../../../helpers/install/twins.ts'
import { unpackedTree } from '../../../helpers/store/trees.ts'
import { useStore } from '../../../helpers/store/use.ts'
import {
  fillDisk,
  mayMountDisk,
  mountDisk,
  mountFolding,
  mountFoldingFolders,
  mountModeless,
} from '../../support/mount.ts'
import { Ground } from './support.ts'

const many = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`share/${n}`, `${n}`.repeat(4096)]))

describe.runIf(mayMountDisk())('the disk of a root', () => {
  test('that is full is told, and nothing is changed; with room, all is there', async () => {
    const ground = new Ground()
    mountDisk(ground.root, 1024 * 1024)
    await ground.make('a', '1', { 'bin/a': '!a' })
    await ground.make('b', '1', many)
    await ground.install('a')
    const before = ground.everything()
    const empty = fillDisk(ground.root)
    expect(await ground.install('b')).toContain(`the disk is full\n  folder ${ground.root}\n`)
    empty()
    expect(ground.everything()).toEqual(before)
    expect(await ground.install('b')).toMatchObject({ came: ['b-1-1'] })
    expect(ground.read('share/7')).toBe('7'.repeat(4096))
  })

  test('that is read-only is told', async () => {
    const ground = new Ground()
    mountDisk(ground.root, 1024 * 1024)
    await ground.make('a', '1', { 'bin/a': '!a' })
    await ground.install('a')
    await ground.make('a', '2', { 'bin/a': '!b' })
    execFileSync('mount', ['-o', 'remount,ro', ground.root])
    expect(await ground.install('a')).toMatch(
      /^test: cannot install: the file system is read-only\n {2}path ".*\/a root\/var\/lib\/coolports\/lock\.1"$/,
    )
    execFileSync('mount', ['-o', 'remount,rw', ground.root])
    expect(ground.read('bin/a')).toBe('a')
  })

  test('may hold others, and no package is put on those', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'srv/a': 'a', 'bin/a': '!a' })
    mountDisk(join(ground.root, 'srv'), 1024 * 1024)
    expect(await ground.install('a')).toContain('cannot install "srv": another file system is mounted there')
    expect(existsSync(join(ground.root, 'bin'))).toBe(false)
  })

  test('may have others mounted above files of packages: these are not taken to be gone', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'srv/deep/a': 'a', 'bin/a': '!a' })
    await ground.install('a')
    mountDisk(join(ground.root, 'srv/deep'), 1024 * 1024)
    expect(ground.remove('a')).toContain('cannot remove "srv/deep": another file system is mounted there')
    // All or nothing: what could be removed is there as well.
    expect(ground.read('bin/a')).toBe('a')
  })

  test('that folds names has no room for two names that it takes for one', async context => {
    const ground = new Ground()
    if (!mountFolding(ground.root)) return context.skip('this machine mounts no file system that folds names')
    await ground.make('a', '1', { 'doc/README': 'one', 'lib/x': 'x' })
    await ground.make('b', '1', { 'doc/readme': 'two', 'Lib/y': 'y' })
    await ground.make('c', '1', { 'doc/Read': 'three' })
    expect(await ground.install('a', 'b', 'c')).toBe(
      [
        'test: cannot install "doc/README": the file system takes it and another for one',
        '  a "doc/README"',
        '  b "doc/readme"',
        'test: cannot install "lib": the file system takes it and another for one',
        '  a "lib"',
        '  b "Lib"',
      ].join('\n'),
    )
    expect(readdirSync(ground.root)).toEqual(['var'])
    // Of what is there already, too.
    await ground.install('a')
    const installed = ground.everything()
    expect(await ground.install('b')).toContain('cannot install "doc/README"')
    expect(ground.everything()).toEqual(installed)
    await ground.install('c')
    expect(ground.read('doc/Read')).toBe('three')
  })

  test('is asked folder by folder what it folds, and keeps nothing of that', context => {
    const ground = new Ground()
    mkdirSync(join(ground.root, 'doc'))
    if (!mountFolding(join(ground.root, 'doc')))
      return context.skip('this machine mounts no file system that folds names')
    const folders = new Folders(ground.root)
    try {
      const said = (folder: string, name: string, other: string): boolean =>
        areOne(folders, folder, name, other)
      expect(said('', 'README', 'readme')).toBe(false)
      expect(said('doc', 'README', 'readme')).toBe(true)
      expect(said('doc/to be made', 'README', 'readme')).toBe(true)
      expect(said('share/to be made', 'README', 'readme')).toBe(false)
      // Of names that have no room for anything before them.
      const long = 'n'.repeat(254)
      expect(said('', `${long}E`, `${long}e`)).toBe(false)
      expect(said('doc', `${long}E`, `${long}e`)).toBe(true)
      // As this file system has it, and not as some other one would.
      expect(said('doc', 'stra\u00dfe', 'strasse')).toBe(false)
    } finally {
      folders.close()
    }
    expect(readdirSync(ground.root)).toEqual(['doc'])
    expect(readdirSync(join(ground.root, 'doc'))).toEqual([])
  })

  test('that folds names in one folder has no room for them there', async context => {
    const ground = new Ground()
    if (!mountFoldingFolders(ground.root))
      return context.skip('the kernel of this machine has no ext4 that folds names (CONFIG_UNICODE)')
    mkdirSync(join(ground.root, 'doc'))
    execFileSync('chattr', ['+F', join(ground.root, 'doc')])
    await ground.make('a', '1', { 'doc/README': 'one', 'share/README': 'one' })
    await ground.make('b', '1', { 'doc/readme': 'two', 'share/readme': 'two' })
    expect(await ground.install('a', 'b')).toBe(
      [
        'test: cannot install "doc/README": the file system takes it and another for one',
        '  a "doc/README"',
        '  b "doc/readme"',
      ].join('\n'),
    )
    expect(readdirSync(join(ground.root, 'doc'))).toEqual([])
  })

  test('that keeps no modes takes no package', async context => {
    const ground = new Ground()
    await ground.make('a', '1', { 'bin/a': '!a', 'etc/secret': 'x' })
    if (!mountModeless(ground.root)) return context.skip('this machine mounts no such file system')
    expect(await ground.install('a')).toBe(
      `test: cannot install: its file system does not keep the modes of files\n  path "${ground.root}"`,
    )
    expect(existsSync(join(ground.root, 'bin'))).toBe(false)
  })

  test('that folds names is no place to unpack such a package', async context => {
    const ground = new Ground()
    await ground.make('a', '1', { 'doc/README': 'one', 'doc/readme': 'two' })
    await ground.make('b', '1', { 'Doc/x': 'one', 'doc/x': 'two' })
    mkdirSync(ground.store)
    if (!mountFolding(ground.store))
      return context.skip('this machine mounts no file system that folds names')
    for (const [name, path] of [
      ['a', 'doc/readme'],
      ['b', 'doc/'],
    ] as const)
      expect(
        await useStore(ground.store, use => unpackedTree(use, join(ground.tree, 'pkg', name, '.pkg.tar.gz'))),
      ).toEqual({
        ok: false,
        error: { kind: 'entry', name: path, why: expect.stringContaining('an earlier entry for one') },
      })
    expect(readdirSync(join(ground.store, 'trees'))).toEqual([])
  })
})

test('where names that differ by case alone are two, both are installed', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'doc/README': 'one' })
  await ground.make('b', '1', { 'doc/readme': 'two' })
  await ground.install('a', 'b')
  expect(ground.shown()).toEqual({ 'doc/': '', 'doc/README': 'one', 'doc/readme': 'two' })
  const long = 'n'.repeat(254)
  await ground.make('c', '1', { [`doc/${long}E`]: 'one', [`doc/${long}e`]: 'two' })
  expect(await ground.install('c')).toMatchObject({ came: ['c-1-1'] })
})
