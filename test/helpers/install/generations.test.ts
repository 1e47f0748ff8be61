import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ok } from '../../../core/result.ts'
import { changeRoot } from '../../../helpers/install/change.ts'
import { readRoot } from '../../../helpers/install/database.ts'
import { changeGeneration, switchGeneration } from '../../../helpers/install/generations.ts'
import { fillDisk, mayMountDisk, mountDisk } from '../../support/mount.ts'
import { asOrdinary, Ground, write } from './support.ts'

/** What is looked at while a disk is flushed, which may take long. */
const meanwhile = vi.hoisted(() => ({ flush: (): unknown => 0 }))
vi.mock('../../../helpers/install/flush.ts', async original => {
  const real = await original<typeof import('../../../helpers/install/flush.ts')>()
  const flushDisk: typeof real.flushDisk = folder => {
    meanwhile.flush()
    real.flushDisk(folder)
  }
  return { flushDisk }
})

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

test('no two generations share a setting, nor what somebody wrote into or changed the mode of', async () => {
  const ground = new Ground()
  const files = { 'etc/a': 'one', 'share/edited': 'one', 'share/closed': 'one', 'share/same': 'one' }
  await ground.make('a', '1', files)
  await ground.make('b', '1', { 'bin/b': '!b' })
  await install(ground, 'a')
  const first = join(ground.root, 'generations/1')
  writeFileSync(join(first, 'share/edited'), 'two')
  chmodSync(join(first, 'share/closed'), 0o600)
  await install(ground, 'b')
  const shared = Object.keys(files).filter(
    path => statSync(join(first, path)).ino === statSync(join(ground.root, 'generations/2', path)).ino,
  )
  expect(shared).toEqual(['share/same'])
  expect(read(ground, 'share/edited')).toBe('two')
  expect(statSync(join(ground.root, 'current/share/closed')).mode & 0o777).toBe(0o600)
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

test('a generation is there no sooner than it may be switched to, so that none stays of a process that is killed', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  const seen: string[] = []
  meanwhile.flush = () => seen.push(...readdirSync(join(ground.root, 'generations')))
  onTestFinished(() => {
    meanwhile.flush = () => 0
  })
  await install(ground, 'a')
  expect(new Set(seen.filter(name => !name.startsWith('lock.')))).toEqual(new Set(['.1.part']))
})

test('nothing is begun anew where the current generation was removed: another one has to be chosen', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  await ground.make('b', '1', { 'bin/b': '!b' })
  for (const name of ['a', 'b']) await install(ground, name)
  rmSync(join(ground.root, 'generations/2'), { recursive: true })
  const refused = { ok: false, error: [{ kind: 'no current', root: ground.root, all: [1] }] }
  expect(await install(ground, 'b')).toEqual(refused)
  expect(packages(ground)).toEqual(refused.error)
  expect(switchGeneration(ground.root)).toEqual(refused)
  expect(switchGeneration(ground.root, 1)).toEqual({ ok: true, value: 1 })
  expect(await install(ground, 'b')).toMatchObject({ ok: true, value: { generation: 2 } })
  expect(packages(ground)).toEqual(['a 1', 'b 1'])
})

test.each([
  ['current', 'a file', (path: string) => writeFileSync(path, 'mine')],
  ['current', 'a folder', (path: string) => mkdirSync(path)],
  ['current', 'a symlink', (path: string) => symlinkSync('releases/7', path)],
  ['generations', 'a symlink', (path: string) => symlinkSync(tmpdir(), path)],
])('somebody\'s own "%s", %s, stays as it is', async (name, _, make) => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  const path = join(ground.root, name)
  make(path)
  const { ino } = lstatSync(path)
  expect(await install(ground, 'a')).toEqual({
    ok: false,
    error: [{ kind: 'name taken', root: ground.root, name }],
  })
  expect(readdirSync(ground.root)).toEqual([name])
  expect(lstatSync(path).ino).toBe(ino)
})

test('where all generations were removed, the next one is the first', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  await install(ground, 'a')
  rmSync(join(ground.root, 'generations'), { recursive: true })
  expect(await install(ground, 'a')).toMatchObject({ ok: true, value: { generation: 1 } })
})

test('who leads to the current generation by another path has changed nothing', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  await ground.make('b', '1', { 'bin/b': '!b' })
  await install(ground, 'a')
  rmSync(join(ground.root, 'current'))
  symlinkSync(join(ground.root, 'generations/1/'), join(ground.root, 'current'))
  await install(ground, 'b')
  expect(packages(ground)).toEqual(['a 1', 'b 1'])
})

test.runIf(mayMountDisk())(
  'on a full disk the folder is told, and no generation that does not come to be',
  async () => {
    const ground = new Ground()
    mountDisk(ground.root, 1024 * 1024)
    await ground.make('a', '1', { 'bin/a': '!a' })
    await install(ground, 'a')
    const big = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`share/${n}`, `${n}`.repeat(3000)]))
    await ground.make('b', '1', big)
    for (const fill of [() => () => {}, () => fillDisk(ground.root)]) {
      const empty = fill()
      expect(await install(ground, 'b')).toEqual({
        ok: false,
        error: [{ kind: 'disk full', folder: ground.root }],
      })
      empty()
      expect(readdirSync(join(ground.root, 'generations'))).toEqual(['1'])
    }
  },
)

test.runIf(mayMountDisk())('what is mounted in a generation is not copied into the next one', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!one', 'proc/': '' })
  await install(ground, 'a')
  const here = realpathSync(join(ground.root, 'current'))
  const host = join(ground.folder, 'host')
  write(host, { large: 'large' })
  write(here, { 'bound folder/': '', 'bound file': 'below', 'proc/': '', 'home/me': 'mine' })
  const mounts: readonly (readonly string[])[] = [
    ['-t', 'proc', 'proc', join(here, 'proc')],
    ['--bind', host, join(here, 'bound folder')],
    ['--bind', join(host, 'large'), join(here, 'bound file')],
  ]
  for (const words of mounts) execFileSync('mount', [...words])
  try {
    await ground.make('a', '2', { 'bin/a': '!two', 'proc/': '' })
    expect(await install(ground, 'a')).toMatchObject({ ok: true, value: { generation: 2 } })
  } finally {
    for (const words of mounts) execFileSync('umount', [words.at(-1) ?? ''])
  }
  const next = realpathSync(join(ground.root, 'current'))
  for (const path of ['proc', 'bound folder']) expect(readdirSync(join(next, path))).toEqual([])
  expect(readFileSync(join(next, 'bound file'), 'utf8')).toBe('')
  expect(read(ground, 'home/me')).toBe('mine')
})

test('what is in a folder that is closed is told by whoever goes on', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  const wanted = { add: await ground.candidates('a'), remove: [] }
  await asOrdinary(ground, async () => {
    chmodSync(ground.root, 0)
    const inside = join(ground.root, 'below')
    expect(switchGeneration(inside)).toMatchObject({ error: [{ kind: 'no generations' }] })
    expect(changeGeneration(inside, wanted)).toMatchObject({
      error: [{ kind: 'system', code: 'EACCES', path: inside }],
    })
    chmodSync(ground.root, 0o755)
  })
})

test('names of any bytes go along, and so do folders that nothing can be put into', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!one' })
  await install(ground, 'a')
  const here = realpathSync(join(ground.root, 'current'))
  const odd = (root: string): Buffer =>
    Buffer.concat([Buffer.from(`${root}/odd/`), Buffer.from([0xff, 0xfe])])
  mkdirSync(join(here, 'odd'))
  mkdirSync(odd(here))
  writeFileSync(Buffer.concat([odd(here), Buffer.from([0x2f, 0xe4])]), 'odd')
  symlinkSync(Buffer.from([0xe4]), Buffer.concat([Buffer.from(`${here}/`), Buffer.from([0xe4])]))
  write(here, { 'closed/deep/x': 'x' })
  for (const path of ['closed/deep', 'closed']) chmodSync(join(here, path), 0o555)
  await ground.make('a', '2', { 'bin/a': '!two' })
  expect(await asOrdinary(ground, () => install(ground, 'a'))).toMatchObject({
    ok: true,
    value: { generation: 2 },
  })
  const next = realpathSync(join(ground.root, 'current'))
  expect(readFileSync(Buffer.concat([odd(next), Buffer.from([0x2f, 0xe4])]), 'utf8')).toBe('odd')
  expect(read(ground, 'closed/deep/x')).toBe('x')
  for (const path of ['closed', 'closed/deep']) expect(statSync(join(next, path)).mode & 0o777).toBe(0o555)
})

test.runIf(process.geteuid?.() === 0)('owners, modes and times of what people have go along', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!one' })
  await install(ground, 'a')
  const here = realpathSync(join(ground.root, 'current'))
  write(here, { 'home/me/x': 'x', 'home/me/l': '-> x' })
  const paths = ['home/me/x', 'home/me/l', 'home/me', 'home']
  for (const [index, path] of paths.entries()) {
    lchownSync(join(here, path), 1000 + index, 2000 + index)
    if (!path.endsWith('l')) chmodSync(join(here, path), path.endsWith('x') ? 0o6751 : 0o3770)
    lutimesSync(join(here, path), 1e9, 1e9 + index)
  }
  await install(ground, 'a')
  const next = realpathSync(join(ground.root, 'current'))
  expect(next).not.toBe(here)
  const looks = (root: string) =>
    paths.map(path => {
      const { uid, gid, mode, mtimeMs } = lstatSync(join(root, path))
      return { path, uid, gid, mode, mtimeMs }
    })
  expect(looks(next)).toEqual(looks(here))
})

test('a file with holes keeps them', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!one' })
  await install(ground, 'a')
  const file = join(realpathSync(join(ground.root, 'current')), 'holes')
  const bytes = Buffer.alloc(40 * 1024 * 1024)
  writeFileSync(file, '')
  truncateSync(file, bytes.length)
  const fd = openSync(file, 'r+')
  for (const at of [0, 20 * 1024 * 1024 + 7]) {
    bytes.write('text', at)
    writeSync(fd, 'text', at)
  }
  closeSync(fd)
  await install(ground, 'a')
  const next = join(realpathSync(join(ground.root, 'current')), 'holes')
  expect(next).not.toBe(file)
  expect(readFileSync(next).equals(bytes)).toBe(true)
  expect(statSync(next).blocks * 512).toBeLessThan(1024 * 1024)
})

test.each([0o077, 0o000])('a umask of %o shows in no root', async umask => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!one', 'deep/er/x': 'x' })
  const before = process.umask(umask)
  try {
    for (const [name, generations] of [
      ['plain', false],
      ['kept', true],
    ] as const) {
      const root = join(ground.folder, name)
      const wanted = { add: await ground.candidates('a'), remove: [] }
      for (let twice = 0; twice < 2; twice++)
        expect((generations ? changeGeneration : changeRoot)(root, wanted).ok).toBe(true)
      for (const path of ['.', ...readdirSync(root, { recursive: true }).map(String)])
        expect([path, statSync(join(root, path)).mode & 0o777]).toEqual([
          path,
          expect.toBeOneOf([0o755, 0o644]),
        ])
    }
  } finally {
    process.umask(before)
  }
})
