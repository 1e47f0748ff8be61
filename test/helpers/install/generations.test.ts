import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ok } from '../../../core/result.ts'
import { readRoot } from '../../../helpers/install/database.ts'
import { changeGeneration, switchGeneration } from '../../../helpers/install/generations.ts'
import { Ground, write } from './support.ts'

const install = async (ground: Ground, ...names: readonly string[]) =>
  changeGeneration(ground.root, { add: await ground.candidates(...names), remove: [] })

const read = (ground: Ground, path: string) => readFileSync(join(ground.root, 'current', path), 'utf8')

const packages = (ground: Ground) => {
  const found = readRoot(ground.root, contents =>
    ok(contents.packages.map(({ name, version }) => `${name} ${version}`)),
  )
  return found.ok ? found.value : found.error
}

test('each change makes a whole root, and rollback switches between them', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!one', 'share/same': 'same', 'etc/a': 'one' })
  expect(await install(ground, 'a')).toMatchObject({ ok: true, value: { generation: 1, came: ['a-1-1'] } })
  write(join(ground.root, 'current'), { 'home/me': 'first', 'etc/a': 'mine' })
  await ground.make('a', '2', { 'bin/a': '!two', 'share/same': 'same', 'etc/a': 'two' })
  expect(await install(ground, 'a')).toMatchObject({ ok: true, value: { generation: 2 } })
  expect(readlinkSync(join(ground.root, 'current'))).toBe('generations/2')
  expect(packages(ground)).toEqual(['a 2'])
  expect([read(ground, 'bin/a'), read(ground, 'etc/a'), read(ground, 'etc/a.new')]).toEqual([
    'two',
    'mine',
    'two',
  ])

  // Packages' files are shared, what people edit is not.
  const inode = (generation: number, path: string) =>
    statSync(join(ground.root, `generations/${generation}`, path)).ino
  expect(inode(1, 'share/same')).toBe(inode(2, 'share/same'))
  expect(inode(1, 'etc/a')).not.toBe(inode(2, 'etc/a'))
  write(join(ground.root, 'current'), { 'home/me': 'second' })

  expect(switchGeneration(ground.root)).toEqual({ ok: true, value: 1 })
  expect(packages(ground)).toEqual(['a 1'])
  expect([read(ground, 'bin/a'), read(ground, 'home/me')]).toEqual(['one', 'first'])
  expect(switchGeneration(ground.root)).toMatchObject({
    ok: false,
    error: [{ kind: 'no generation', all: [1, 2] }],
  })
  expect(switchGeneration(ground.root, 7)).toMatchObject({
    ok: false,
    error: [{ kind: 'no generation', number: 7 }],
  })
  expect(switchGeneration(ground.root, 2)).toEqual({ ok: true, value: 2 })

  expect(changeGeneration(ground.root, { add: [], remove: ['a'] })).toMatchObject({
    ok: true,
    value: { generation: 3 },
  })
  expect(packages(ground)).toEqual([])
  expect([read(ground, 'etc/a'), read(ground, 'home/me')]).toEqual(['mine', 'second'])
  expect(existsSync(join(ground.root, 'generations/2/bin/a'))).toBe(true)
})

test('a change that is refused, or whose process was killed, leaves no generation', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  await ground.make('b', '1', { 'bin/a': '!b' })
  await install(ground, 'a')
  expect(await install(ground, 'b')).toMatchObject({ ok: false, error: [{ kind: 'two owners' }] })
  mkdirSync(join(ground.root, 'generations/.2.part/half'), { recursive: true })
  await ground.make('a', '2', { 'bin/a': '!a2' })
  await install(ground, 'a')
  expect(readdirSync(join(ground.root, 'generations'))).toEqual(['1', '2'])
  expect(readdirSync(ground.root).sort()).toEqual(['current', 'generations'])
})
