import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fillDisk, mayMountDisk, mountDisk } from '../../support/mount.ts'
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
    expect(await ground.install('b')).toContain('the disk is full')
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
    expect(await ground.install('a')).toMatch(/^test: cannot install: the file system is read-only/)
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

  test('that folds names has no room for two names that it takes for one', async context => {
    const ground = new Ground()
    const image = join(ground.folder, 'image')
    writeFileSync(image, '')
    try {
      execFileSync('truncate', ['-s', '16M', image])
      execFileSync('mkntfs', ['-F', '-Q', image], { stdio: 'ignore' })
      execFileSync('lowntfs-3g', ['-o', 'ignore_case,permissions', image, ground.root], { stdio: 'ignore' })
    } catch {
      return context.skip('this machine mounts no file system that folds names')
    }
    try {
      await ground.make('a', '1', { 'doc/README': 'one' })
      await ground.make('b', '1', { 'doc/readme': 'two' })
      expect(await ground.install('a', 'b')).toBe(
        [
          'test: cannot install "doc/README": the file system takes it and another for one',
          '  a "doc/README"',
          '  b "doc/readme"',
        ].join('\n'),
      )
      expect(existsSync(join(ground.root, 'doc'))).toBe(false)
    } finally {
      execFileSync('umount', [ground.root])
    }
  })
})

test('where names that differ by case alone are two, both are installed', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'doc/README': 'one' })
  await ground.make('b', '1', { 'doc/readme': 'two' })
  await ground.install('a', 'b')
  expect(ground.shown()).toEqual({ 'doc/': '', 'doc/README': 'one', 'doc/readme': 'two' })
})
