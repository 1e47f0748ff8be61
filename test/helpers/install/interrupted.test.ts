import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, lchownSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { formatMessage } from '../../../core/message.ts'
import { backward, forward } from '../../../helpers/install/carry-out.ts'
import { prepareChange, resumeRoot } from '../../../helpers/install/change.ts'
import { Folders } from '../../../helpers/install/folders.ts'
import { readJournal, type Step } from '../../../helpers/install/journal.ts'
import { installMessage } from '../../../helpers/install/problem.ts'
import { mayMountDisk, mountDisk } from '../../support/mount.ts'
import { type Files, Ground } from './support.ts'

/** What is looked at just before steps are taken back, and before a folder is removed. */
const meanwhile = vi.hoisted(() => ({ backward: (): unknown => 0, removal: (_folder: string): unknown => 0 }))
afterEach(() => {
  Object.assign(meanwhile, { backward: () => 0, removal: () => 0 })
})
vi.mock('../../../helpers/install/carry-out.ts', async original => {
  const real = await original<typeof import('../../../helpers/install/carry-out.ts')>()
  const backward: typeof real.backward = (...words) => {
    meanwhile.backward()
    return real.backward(...words)
  }
  return { ...real, backward }
})
vi.mock('../../../core/remove.ts', async original => {
  const real = await original<typeof import('../../../core/remove.ts')>()
  const removeTree: typeof real.removeTree = folder => {
    meanwhile.removal(folder)
    real.removeTree(folder)
  }
  return { ...real, removeTree }
})

/** A change that has every kind of step: of two packages one is replaced, one removed with it, one new. */
async function changing(): Promise<{
  readonly ground: Ground
  readonly before: Files
  readonly after: Files
  /** Back to `before`, with the change prepared: its steps. */
  prepare(): readonly Step[]
}> {
  const ground = new Ground()
  await ground.make('gone', '1', { 'lib/gone/x': 'gone', 'lib/shared/gone': 'gone' })
  await ground.make(
    'a',
    '1',
    { 'bin/a': '!one', 'one/x/y': 'y', two: 'two', 'etc/a': 'one', 'bin/l': '-> a' },
    ['gone'],
  )
  await ground.install('a')
  ground.write({ 'etc/a': 'mine', 'lib/mine': 'mine' })
  const before = ground.everything()
  await ground.make('b', '1', { 'lib/shared/b': 'b' })
  await ground.make(
    'a',
    '2',
    { 'bin/a': '!two', one: '1', 'two/x': 'x', 'etc/a': 'two', 'bin/l': '-> b', 'new/x': 'x' },
    ['b'],
  )
  const folders = new Folders(ground.root)
  const prepared = prepareChange(ground.root, folders, { add: await ground.candidates('a'), remove: [] })
  expect(prepared).toMatchObject({ ok: true })
  const steps = journalled(folders)
  folders.close()
  expect(new Set(steps.map(({ kind }) => kind)).size).toBe(5)

  const kept = `${ground.root} prepared`
  execFileSync('cp', ['-a', ground.root, kept])
  expect(resumeRoot(ground.root, 'forward')).toMatchObject({ ok: true })
  const after = ground.everything()
  expect(Object.keys(after)).toContain('lib/shared/b')
  const prepare = () => {
    rmSync(ground.root, { recursive: true })
    execFileSync('cp', ['-a', kept, ground.root])
    return steps
  }
  return { ground, before, after, prepare }
}

function journalled(folders: Folders): readonly Step[] {
  const steps = readJournal(folders)
  if (!steps.ok) throw new Error(JSON.stringify(steps.error))
  return steps.value
}

/** Does so much of a change and no more, as a process that is killed. */
function cutShort(ground: Ground, work: (folders: Folders) => Generator<Step>, moments: number): boolean {
  const folders = new Folders(ground.root)
  try {
    const steps = work(folders)
    for (let count = 0; count < moments; count++) if (steps.next().done) return false
    return true
  } finally {
    folders.close()
  }
}

describe('a change that was cut short, at whatever moment', () => {
  test('is completed', async () => {
    const { ground, after, prepare } = await changing()
    let moments = 0
    for (; ; moments++) {
      const steps = prepare()
      const wasCut = cutShort(ground, folders => forward(folders, steps), moments)
      expect(resumeRoot(ground.root, 'forward')).toEqual({ ok: true, value: 'forward' })
      expect(ground.everything()).toEqual(after)
      if (!wasCut) break
    }
    expect(moments).toBeGreaterThan(15)
  })

  test('is taken back', async () => {
    const { ground, before, prepare } = await changing()
    for (let moments = 0; ; moments++) {
      const steps = prepare()
      const wasCut = cutShort(ground, folders => forward(folders, steps), moments)
      expect(resumeRoot(ground.root, 'back')).toEqual({ ok: true, value: 'back' })
      expect(ground.everything()).toEqual(before)
      if (!wasCut) break
    }
  })

  test('is taken back though that was cut short as well', async () => {
    const { ground, before, prepare } = await changing()
    const change = join(ground.root, 'var/lib/coolports/change')
    for (const done of [9, 100]) {
      for (let moments = 0; ; moments++) {
        const steps = prepare()
        cutShort(ground, folders => forward(folders, steps), done)
        renameSync(join(change, 'journal'), join(change, 'back'))
        const wasCut = cutShort(ground, folders => backward(folders, steps), moments)
        // Asked to complete it, too: what was given up is not begun again.
        expect(resumeRoot(ground.root, 'forward')).toEqual({ ok: true, value: 'back' })
        expect(ground.everything()).toEqual(before)
        if (!wasCut) break
      }
    }
  })

  test('is completed by the next command, which says so', async () => {
    const { ground, after, prepare } = await changing()
    const steps = prepare()
    cutShort(ground, folders => forward(folders, steps), 5)
    expect(await ground.install('a')).toMatchObject({ came: ['a-2-1'] })
    expect(ground.earlier).toEqual(['completed'])
    expect(ground.everything()).toEqual(after)
  })

  test('is completed by the next command, also by one that is refused', async () => {
    const { ground, after, prepare } = await changing()
    const steps = prepare()
    cutShort(ground, folders => forward(folders, steps), 5)
    expect(ground.remove('unknown')).toContain('it is not installed there')
    expect(ground.earlier).toEqual(['completed'])
    expect(ground.everything()).toEqual(after)
  })

  test('is told as taken back where it cannot be completed', async () => {
    const { ground, prepare } = await changing()
    prepare()
    ground.write({ new: 'somebody was faster' })
    expect(ground.remove('a')).toContain('something was put there meanwhile')
    expect(ground.earlier).toEqual(['taken back'])
  })

  test('before its journal was written, leaves nothing but its own folder, and that goes', async () => {
    const { ground, before, prepare } = await changing()
    prepare()
    rmSync(join(ground.root, 'var/lib/coolports/change/journal'))
    expect(resumeRoot(ground.root, 'forward')).toMatchObject({
      ok: false,
      error: [{ kind: 'nothing under way' }],
    })
    const shown = ground.everything()
    expect(
      Object.fromEntries(
        Object.entries(shown).filter(([path]) => !path.startsWith('var/lib/coolports/change')),
      ),
    ).toEqual(before)
    await ground.install('a')
    expect(existsSync(join(ground.root, 'var/lib/coolports/change'))).toBe(false)
  })
})

test('a change that meets something new on its way is taken back', async () => {
  const { ground, before, prepare } = await changing()
  prepare()
  ground.write({ 'new/': '', 'new/x': 'somebody was faster' })
  expect(resumeRoot(ground.root, 'forward')).toMatchObject({
    ok: false,
    error: [{ kind: 'system', path: 'new/x' }],
  })
  expect(ground.everything()).toEqual({ ...before, 'new/': '', 'new/x': 'somebody was faster' })
})

test('a change whose folder somebody has made a file meanwhile is taken back, and that stays as it is', async () => {
  const { ground, before, prepare } = await changing()
  prepare()
  ground.write({ new: 'somebody was faster' })
  expect(resumeRoot(ground.root, 'forward')).toMatchObject({
    ok: false,
    error: [{ kind: 'system', path: 'new' }],
  })
  expect(ground.everything()).toEqual({ ...before, new: 'somebody was faster' })
})

test('a folder that somebody has put in the place of a file that is to go stays', async () => {
  const { ground, prepare } = await changing()
  prepare()
  rmSync(join(ground.root, 'lib/gone/x'))
  ground.write({ 'lib/gone/x/mine': 'mine' })
  expect(resumeRoot(ground.root, 'forward')).toMatchObject({ ok: true })
  expect(ground.read('lib/gone/x/mine')).toBe('mine')
})

test('a folder to be mended that is a symlink by then leads to nothing that is changed', async () => {
  const ground = new Ground()
  await ground.make('a', '1', { 'bin/a': '!a' })
  await ground.install('a')
  const bin = join(ground.root, 'bin')
  chmodSync(bin, 0o777)
  const folders = new Folders(ground.root)
  prepareChange(ground.root, folders, { add: await ground.candidates('a'), remove: [] })
  expect(journalled(folders)).toContainEqual({ kind: 'mend folder', path: 'bin' })
  folders.close()
  const outside = join(ground.folder, 'outside')
  renameSync(bin, outside)
  ground.write({ bin: `-> ${outside}` })
  resumeRoot(ground.root, 'forward')
  expect(statSync(outside).mode & 0o777).toBe(0o777)
})

test('a journal that was damaged is told by its line, and no step of it is taken', async () => {
  const { ground, prepare } = await changing()
  prepare()
  const file = 'var/lib/coolports/change/journal'
  ground.write({ [file]: `${ground.read(file)}what is this\n` })
  const before = ground.everything()
  expect(resumeRoot(ground.root, 'forward')).toMatchObject({
    ok: false,
    error: [{ kind: 'damaged', file, why: 'it is no step of a change' }],
  })
  expect(ground.everything()).toEqual(before)
})

test('what somebody puts where a file went before the change was cut short stays', async () => {
  const { ground, prepare } = await changing()
  const steps = prepare()
  cutShort(ground, folders => forward(folders, steps), 100)
  ground.write({ 'lib/gone/x': 'mine' })
  expect(resumeRoot(ground.root, 'forward')).toMatchObject({ ok: true })
  expect(ground.read('lib/gone/x')).toBe('mine')
})

test('a folder that somebody has put in the place of a file that came stays where that is taken back', async () => {
  const { ground, before, prepare } = await changing()
  const steps = prepare()
  cutShort(ground, folders => forward(folders, steps), 100)
  rmSync(join(ground.root, 'new/x'))
  ground.write({ 'new/x/mine': 'mine' })
  expect(resumeRoot(ground.root, 'back')).toMatchObject({ ok: true })
  expect(ground.everything()).toEqual({ ...before, 'new/': '', 'new/x/': '', 'new/x/mine': 'mine' })
})

describe('after a change was cut short, at whatever moment,', () => {
  const SETTINGS = ['etc/replaced', 'etc/gone', 'etc/came']

  /** A change that replaces a setting, takes one away and brings one; each may be prepared anew. */
  async function settings() {
    const ground = new Ground()
    await ground.make('a', '1', { 'etc/replaced': 'one', 'etc/gone': 'one', 'share/a': 'one' })
    await ground.install('a')
    await ground.make('a', '2', { 'etc/replaced': 'two', 'etc/came': 'two', 'share/a': 'two' })
    const folders = new Folders(ground.root)
    prepareChange(ground.root, folders, { add: await ground.candidates('a'), remove: [] })
    const steps = journalled(folders)
    folders.close()
    const kept = `${ground.root} prepared`
    execFileSync('cp', ['-a', ground.root, kept])
    const prepare = () => {
      rmSync(ground.root, { recursive: true })
      execFileSync('cp', ['-a', kept, ground.root])
      return steps
    }
    return { ground, prepare }
  }

  /** What somebody puts in the place of settings is there in the end, at whatever moment the change is cut. */
  async function stay(
    way: 'forward' | 'back',
    put: (ground: Ground, path: string, text: string) => void,
  ): Promise<void> {
    const { ground, prepare } = await settings()
    for (let moments = 0; ; moments++) {
      const steps = prepare()
      const wasCut = cutShort(ground, folders => forward(folders, steps), moments)
      const there = SETTINGS.filter(path => existsSync(join(ground.root, path)))
      for (const path of there) put(ground, path, `mine, of ${path}`)
      expect(resumeRoot(ground.root, way)).toEqual({ ok: true, value: way })
      for (const path of there) expect([moments, ground.read(path)]).toEqual([moments, `mine, of ${path}`])
      expect(ground.read('share/a')).toBe(way === 'forward' ? 'two' : 'one')
      if (!wasCut) break
    }
  }

  test.each(['forward', 'back'] as const)(
    'settings that somebody edits stay, where it goes %s',
    async way => {
      await stay(way, (ground, path, text) => ground.write({ [path]: text }))
    },
  )

  test("the one beside a setting that somebody edits is the package's: it is upgraded, and removed", async () => {
    const { ground, prepare } = await settings()
    for (let moments = 0; moments < 3; moments++) {
      const steps = prepare()
      ground.write({ 'etc/replaced': 'mine' })
      cutShort(ground, folders => forward(folders, steps), moments)
      expect(resumeRoot(ground.root, 'forward')).toEqual({ ok: true, value: 'forward' })
      expect(ground.read('etc/replaced.new')).toBe('two')
      await ground.make('a', '3', { 'etc/replaced': 'three' })
      expect(await ground.install('a')).toMatchObject({ came: ['a-3-1'] })
      expect([ground.read('etc/replaced'), ground.read('etc/replaced.new')]).toEqual(['mine', 'three'])
      expect(ground.remove('a')).toMatchObject({ went: ['a-3-1'] })
      expect(ground.shown()).toEqual({ 'etc/': '', 'etc/replaced': 'mine' })
    }
  })

  test.each(['forward', 'back'] as const)(
    'settings that somebody moves there stay, however old they are, where it goes %s',
    async way => {
      await stay(way, (ground, path, text) => {
        ground.write({ mine: text })
        utimesSync(join(ground.root, 'mine'), 1e9, 1e9)
        renameSync(join(ground.root, 'mine'), join(ground.root, path))
      })
    },
  )

  test.each([
    ['forward', 'two'],
    ['back', 'one'],
  ] as const)(
    'settings that nobody edits are those of the packages, where it goes %s by a clock that is behind',
    async (way, text) => {
      const { ground, prepare } = await settings()
      for (let moments = 0; ; moments++) {
        const steps = prepare()
        utimesSync(join(ground.root, 'var/lib/coolports/change/journal'), 1e9, 1e9)
        const wasCut = cutShort(ground, folders => forward(folders, steps), moments)
        expect(resumeRoot(ground.root, way)).toEqual({ ok: true, value: way })
        const came = way === 'forward' ? 'etc/came' : 'etc/gone'
        expect(ground.shown()).toEqual({
          'etc/': '',
          ...{ 'etc/replaced': text, [came]: text },
          'share/': '',
          'share/a': text,
        })
        if (!wasCut) break
      }
    },
  )

  test("somebody's own file with the name of the one beside stays", async () => {
    const { ground, prepare } = await settings()
    for (const moments of [0, 1]) {
      const steps = prepare()
      ground.write({ 'etc/replaced': 'mine', 'etc/replaced.new': 'mine, too' })
      cutShort(ground, folders => forward(folders, steps), moments)
      expect(resumeRoot(ground.root, 'forward')).toEqual({ ok: true, value: 'forward' })
      expect([ground.read('etc/replaced'), ground.read('etc/replaced.new')]).toEqual(['mine', 'mine, too'])
    }
  })

  test("somebody's folder is not taken for a file, and its path is told", async () => {
    const { ground, prepare } = await settings()
    const steps = prepare()
    cutShort(ground, folders => forward(folders, steps), 0)
    rmSync(join(ground.root, 'share/a'))
    ground.write({ 'share/a/data': 'mine' })
    expect(JSON.stringify(resumeRoot(ground.root, 'forward'))).toContain('share/a')
    expect(ground.read('share/a/data')).toBe('mine')
  })
})

test('a change says that it is taken back before it is, and that it is over before its files go', async () => {
  const { ground, prepare } = await changing()
  const change = join(ground.root, 'var/lib/coolports/change')
  const journals = () => ['journal', 'back'].filter(name => existsSync(join(change, name)))
  const seen: (readonly [string, readonly string[]])[] = []
  meanwhile.backward = () => seen.push(['backward', journals()])
  meanwhile.removal = folder => {
    if (folder.endsWith('/change')) seen.push(['removal', journals()])
  }
  prepare()
  resumeRoot(ground.root, 'forward')
  expect(seen).toEqual([['removal', []]])
  seen.length = 0
  prepare()
  ground.write({ new: 'somebody was faster' })
  resumeRoot(ground.root, 'forward')
  expect(seen).toEqual([
    ['backward', ['back']],
    ['removal', []],
  ])
})

test.runIf(mayMountDisk())(
  'what stops a change, be it on its way back, is told with its whole path',
  async () => {
    const { ground, prepare } = await changing()
    const steps = prepare()
    cutShort(ground, folders => forward(folders, steps), 100)
    const change = join(ground.root, 'var/lib/coolports/change')
    mountDisk(join(ground.root, 'bin'), 1024 * 1024)
    renameSync(join(change, 'journal'), join(change, 'back'))
    const ended = resumeRoot(ground.root, 'back')
    if (ended.ok) throw new Error('nothing stood against it')
    expect(ended.error.map(problem => formatMessage('test', installMessage('go back', problem)))).toEqual([
      [
        `test: cannot go on with the change of ${JSON.stringify(ground.root)}: it is on another file system than the change`,
        `  path ${JSON.stringify(join(ground.root, 'bin/l'))}`,
        '  mend that; then coolports install --root DIR --resume completes it, --rollback takes it back',
      ].join('\n'),
    ])
  },
)

test('a change that is taken back leaves the modes and owners of folders, and makes none that was gone', async () => {
  const ground = new Ground()
  await ground.make('a', '1', {
    'etc/a/key': 'key',
    'etc/mine/x': 'x',
    'etc/gone/x': 'x',
    'etc/other/x': 'x',
  })
  await ground.install('a')
  ground.write({ 'etc/mine/mine': 'mine' })
  for (const path of ['etc/a', 'etc/mine']) chmodSync(join(ground.root, path), 0o2700)
  const isRoot = process.geteuid?.() === 0
  if (isRoot) lchownSync(join(ground.root, 'etc/a'), 1234, 2345)
  for (const path of ['etc/gone', 'etc/other']) rmSync(join(ground.root, path), { recursive: true })
  ground.write({ 'etc/other': 'mine' })
  const before = ground.everything()
  const folders = new Folders(ground.root)
  expect(prepareChange(ground.root, folders, { add: [], remove: ['a'] })).toMatchObject({ ok: true })
  for (const _ of forward(folders, journalled(folders)));
  folders.close()
  expect(existsSync(join(ground.root, 'etc/a'))).toBe(false)
  expect(resumeRoot(ground.root, 'back')).toEqual({ ok: true, value: 'back' })
  expect(ground.everything()).toEqual(before)
  for (const path of ['etc/a', 'etc/mine'])
    expect([path, statSync(join(ground.root, path)).mode & 0o7777]).toEqual([path, 0o2700])
  if (isRoot) expect(statSync(join(ground.root, 'etc/a'))).toMatchObject({ uid: 1234, gid: 2345 })
})
