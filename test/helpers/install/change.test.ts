import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { changeRoot } from '../../../helpers/install/change.ts'
import { asOrdinary, Ground } from './support.ts'

function as<Value>(user: number, work: () => Value): Value {
  process.seteuid?.(user)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

const NOTHING = { came: [], went: [], kept: [] }

describe('install', () => {
  test('puts packages and all that they need to run into the root', async () => {
    const ground = new Ground()
    await ground.make('base', '1', { 'lib/base.so': 'base', 'lib/base.so.1': '-> base.so' })
    await ground.make('tool', '2', { 'bin/tool': '!tool', 'lib/tool/x': 'x' }, ['base'])
    expect(await ground.install('tool')).toEqual({ ...NOTHING, came: ['base-1-1', 'tool-2-1'] })
    expect(ground.shown()).toEqual({
      'bin/': '',
      'bin/tool': '!tool',
      'lib/': '',
      'lib/base.so': 'base',
      'lib/base.so.1': '-> base.so',
      'lib/tool/': '',
      'lib/tool/x': 'x',
    })
  })

  test('makes set-uid what the key calls so, and verify watches over it', async () => {
    const ground = new Ground()
    await ground.make('login', '1', { 'bin/su': '!su', 'bin/ls': '!ls' })
    await ground.pack('login', '1', [], { setuid: ['bin/su'] })
    await ground.install('login')
    const su = join(ground.root, 'bin/su')
    expect(lstatSync(su).mode & 0o7777).toBe(0o4755)
    expect(lstatSync(join(ground.root, 'bin/ls')).mode & 0o7777).toBe(0o755)
    expect(ground.read('var/lib/coolports/packages/login.rec')).toMatch(
      /^path: bin\/su\nkind: file\nmode: 4755$/m,
    )
    chmodSync(su, 0o755)
    expect(ground.verify()).toEqual([{ path: 'bin/su', package: 'login', kind: 'mode' }])
    await ground.install('login')
    expect(lstatSync(su).mode & 0o7777).toBe(0o4755)
    // The next version is an ordinary program.
    await ground.make('login', '2', { 'bin/su': '!su' })
    await ground.install('login')
    expect(lstatSync(su).mode & 0o7777).toBe(0o755)
  })

  test('makes nothing set-uid where it is not root who installs', async () => {
    const ground = new Ground()
    await ground.make('login', '1', { 'bin/su': '!su' })
    await ground.pack('login', '1', [], { setuid: ['bin/su'] })
    ground.asRoot = false
    await ground.install('login')
    expect(lstatSync(join(ground.root, 'bin/su')).mode & 0o7777).toBe(0o755)
    expect(ground.verify()).toEqual([])
  })

  test.each([
    [['bin/su'], [], 'it has a set-id bit that the key of its package does not name'],
    [[], ['bin/su'], 'the key of its package calls it set-uid, and it is not'],
  ])('refuses a package that holds %j set-uid where its key says %j', async (setuid, keyed, why) => {
    const ground = new Ground()
    await ground.make('login', '1', { 'bin/su': '!su' })
    await ground.pack('login', '1', [], { setuid, keyed })
    await expect(ground.install('login')).rejects.toThrow(why)
  })

  test('gives modes and times of a package whatever the umask is', async () => {
    const ground = new Ground()
    await ground.make('tool', '1', { 'bin/tool': '!tool', 'share/x': 'x', 'share/l': '-> x' })
    const before = process.umask(0o077)
    try {
      await ground.install('tool')
    } finally {
      process.umask(before)
    }
    const stat = (path: string) => lstatSync(join(ground.root, path))
    expect([stat('bin'), stat('bin/tool'), stat('share/x')].map(one => one.mode & 0o7777)).toEqual([
      0o755, 0o755, 0o644,
    ])
    for (const path of ['share/x', 'share/l']) expect(stat(path).mtimeMs).toBe(1609459200_000)
  })

  test('copies: who writes to the root does not write to the store', async () => {
    const ground = new Ground()
    await ground.make('tool', '1', { 'share/x': 'x' })
    await ground.install('tool')
    expect(statSync(join(ground.root, 'share/x')).nlink).toBe(1)
  })

  test('is an upgrade where an older version is there, and takes away what the new one has not', async () => {
    const ground = new Ground()
    await ground.make('tool', '1', { 'bin/tool': '!one', 'share/old/x': 'x', 'share/same': 'same' })
    await ground.install('tool')
    await ground.make('tool', '2', { 'bin/tool': '!two', 'share/same': 'same', 'share/new/y': 'y' })
    expect(await ground.install('tool')).toEqual({ ...NOTHING, came: ['tool-2-1'] })
    expect(ground.shown()).toEqual({
      'bin/': '',
      'bin/tool': '!two',
      'share/': '',
      'share/new/': '',
      'share/new/y': 'y',
      'share/same': 'same',
    })
  })

  test('is refused where an edited file needs the name of a file of another package beside it', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'etc/x': 'x' })
    await ground.make('b', '1', { 'etc/x.new': 'x' })
    ground.write({ 'etc/x': 'mine' })
    expect(await ground.install('a', 'b')).toContain('cannot install "etc/x": a file is in the way')
    expect(await ground.install('b')).toMatchObject({ came: ['b-1-1'] })
    expect(await ground.install('a')).toContain('cannot install "etc/x": a file is in the way')
    expect(ground.shown()).toMatchObject({ 'etc/x': 'mine', 'etc/x.new': 'x' })
  })

  test('mends what was damaged of a package that is asked for again', async () => {
    const ground = new Ground()
    await ground.make('tool', '1', { 'bin/tool': '!tool', 'share/x': 'x', 'share/l': '-> x' })
    await ground.install('tool')
    const whole = ground.shown()
    ground.write({ 'bin/tool': 'broken', 'share/l': '-> y' })
    chmodSync(join(ground.root, 'share/x'), 0o600)
    await ground.install('tool')
    expect(ground.shown()).toEqual(whole)
    expect(lstatSync(join(ground.root, 'share/x')).mode & 0o777).toBe(0o644)
  })

  test('mends the modes of folders that it made, and of no others', async () => {
    const ground = new Ground()
    ground.write({ 'found/mine': 'mine' })
    await ground.make('a', '1', { 'bin/a': '!a', 'tmp/': '', 'found/a': 'a', 'etc/a/x': 'x' })
    await ground.install('a')
    const modes = { bin: 0o777, tmp: 0o1777, found: 0o770, 'etc/a': 0o700 }
    for (const [path, mode] of Object.entries(modes)) chmodSync(join(ground.root, path), mode)
    expect(ground.verify()).toEqual([{ path: 'bin', package: 'a', kind: 'mode' }])
    expect(await ground.install('a')).toEqual({ ...NOTHING, came: ['a-1-1'] })
    expect(ground.verify()).toEqual([])
    for (const [path, mode] of Object.entries({ ...modes, bin: 0o755 }))
      expect([path, lstatSync(join(ground.root, path)).mode & 0o7777]).toEqual([path, mode])
  })

  test('mends what its owner may not read or write to, and leaves a setting so', async () => {
    const ground = new Ground()
    const files = { 'bin/a': '!a', 'share/deep/a': 'a', 'etc/a': 'a' }
    await ground.make('a', '1', files)
    await asOrdinary(ground, async () => {
      await ground.install('a')
      for (const path of ['bin/a', 'etc/a']) chmodSync(join(ground.root, path), 0)
      rmSync(join(ground.root, 'share/deep'), { recursive: true })
      chmodSync(join(ground.root, 'share'), 0o555)
      expect(ground.verify()).toEqual([
        { path: 'bin/a', package: 'a', kind: 'mode' },
        { path: 'etc/a', package: 'a', kind: 'edited' },
        { path: 'share', package: 'a', kind: 'mode' },
        { path: 'share/deep', package: 'a', kind: 'missing' },
        { path: 'share/deep/a', package: 'a', kind: 'missing' },
      ])
      expect(await ground.install('a')).toEqual({ ...NOTHING, came: ['a-1-1'], kept: [{ path: 'etc/a' }] })
      expect(ground.verify()).toEqual([{ path: 'etc/a', package: 'a', kind: 'edited' }])
      chmodSync(join(ground.root, 'bin/a'), 0)
      expect(ground.remove('a')).toEqual({ ...NOTHING, went: ['a-1-1'], kept: [{ path: 'etc/a' }] })
      expect(readdirSync(ground.root)).toEqual(['etc', 'var'])
    })
  })

  test.runIf(process.getuid?.() === 0)(
    'mends whose files and folders are, in the root of any user',
    async () => {
      for (const user of [0, 4321]) {
        const ground = new Ground()
        await ground.make('login', '1', { 'bin/su': '!su', 'bin/ls': '!ls', 'share/x': 'x', 'etc/x': 'x' })
        await ground.pack('login', '1', [], { setuid: ['bin/su'] })
        const candidates = await ground.candidates('login')
        execFileSync('chown', ['-Rh', String(user), ground.folder])
        const installed = as(user, () =>
          changeRoot(ground.root, { add: candidates.map(one => ({ ...one, by: user })), remove: [] }),
        )
        expect(installed.ok).toBe(true)
        expect(ground.verify()).toEqual([])
        const others = { 'bin/su': 1234, 'bin/ls': 1234, share: 1234, 'etc/x': 1234 }
        for (const [path, uid] of Object.entries(others)) lchownSync(join(ground.root, path), uid, uid)
        chmodSync(join(ground.root, 'bin/su'), 0o4755)
        expect(ground.verify()).toEqual([
          { path: 'bin/ls', package: 'login', kind: 'owner' },
          { path: 'bin/su', package: 'login', kind: 'owner' },
          { path: 'share', package: 'login', kind: 'owner' },
        ])
        // Only root can give a folder back; of files another one takes the place.
        const mended = as(user, () =>
          changeRoot(ground.root, { add: candidates.map(one => ({ ...one, by: user })), remove: [] }),
        )
        expect(mended.ok).toBe(true)
        expect(ground.verify()).toEqual(
          user === 0 ? [] : [{ path: 'share', package: 'login', kind: 'owner' }],
        )
        for (const path of ['bin/su', 'bin/ls']) expect(lstatSync(join(ground.root, path)).uid).toBe(user)
        expect(lstatSync(join(ground.root, 'bin/su')).mode & 0o7777).toBe(0o4755)
        expect(lstatSync(join(ground.root, 'etc/x')).uid).toBe(1234)
      }
    },
  )

  test('moves a file from one package to another', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'share/x': 'of a', 'share/a': 'a' })
    await ground.make('b', '1', { 'share/b': 'b' })
    await ground.install('a', 'b')
    await ground.make('a', '2', { 'share/a': 'a' })
    await ground.make('b', '2', { 'share/b': 'b', 'share/x': 'of b' })
    await ground.install('a', 'b')
    expect(ground.read('share/x')).toBe('of b')
  })

  test('changes kinds: a folder becomes a file, a file a folder, a symlink a folder', async () => {
    const ground = new Ground()
    const first = { 'one/x/y': 'y', two: 'two', lib64: '-> lib', 'lib/z': 'z' }
    await ground.make('a', '1', first)
    await ground.install('a')
    const before = ground.shown()
    await ground.make('a', '2', { one: 'now a file', 'two/x/y': 'y', 'lib64/z': 'z' })
    await ground.install('a')
    expect(ground.shown()).toEqual({
      'lib64/': '',
      'lib64/z': 'z',
      one: 'now a file',
      'two/': '',
      'two/x/': '',
      'two/x/y': 'y',
    })
    await ground.make('a', '3', first)
    await ground.install('a')
    expect(ground.shown()).toEqual(before)
  })

  test('keeps hard links within a package', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'bin/x': '!x' })
    linkSync(join(ground.contentOf('a'), 'bin/x'), join(ground.contentOf('a'), 'bin/y'))
    await ground.pack('a', '1')
    await ground.install('a')
    expect(statSync(join(ground.root, 'bin/x')).ino).toBe(statSync(join(ground.root, 'bin/y')).ino)
    expect(ground.remove('a')).toMatchObject({ went: ['a-1-1'] })
    expect(ground.shown()).toEqual({})
  })

  test('gives each setting bytes of its own, whatever hard links the package has', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'etc/x': 'x' })
    linkSync(join(ground.contentOf('a'), 'etc/x'), join(ground.contentOf('a'), 'etc/y'))
    await ground.pack('a', '1')
    await ground.install('a')
    expect(statSync(join(ground.root, 'etc/x')).ino).not.toBe(statSync(join(ground.root, 'etc/y')).ino)
    expect([ground.read('etc/x'), ground.read('etc/y')]).toEqual(['x', 'x'])
  })

  test('keeps a setting whose name has no room for one beside it', async () => {
    const ground = new Ground()
    const path = `etc/${'n'.repeat(254)}`
    for (const text of ['one', 'two']) {
      await ground.make('a', text, { [path]: text })
      expect(await ground.install('a')).toMatchObject({ came: [`a-${text}-1`] })
      expect(ground.read(path)).toBe(text)
    }
    ground.write({ [path]: 'mine' })
    await ground.make('a', '3', { [path]: 'three', 'bin/a': '!a' })
    expect(await ground.install('a')).toContain('cannot install: the name is too long')
    expect(ground.shown()).toEqual({ 'etc/': '', [path]: 'mine' })
    expect(ground.remove('a')).toMatchObject({ kept: [{ path }] })
  })

  test('keeps odd names', async () => {
    const ground = new Ground()
    const odd = {
      'a b/ c': '1',
      'a b/d ': '2',
      'a b/100%': '3',
      'a b/back\\': '4',
      'a b/\u00a0': '5',
      'a b/é\u2028': '6',
      'a b/l': '->  d\\ ',
    }
    await ground.make('odd', '1', odd)
    await ground.install('odd')
    expect(ground.shown()).toEqual({ 'a b/': '', ...odd })
    expect(ground.remove('odd')).toEqual({ ...NOTHING, went: ['odd-1-1'] })
    expect(ground.shown()).toEqual({})
  })
})

describe('what is in the way', () => {
  test('is told as a whole, with the owners, and nothing is touched', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'share/x': 'a', 'share/d/x': 'a' })
    await ground.make('b', '1', { 'share/x': 'b', 'bin/b': '!b', 'share/d': 'a file' })
    await ground.install('a')
    ground.write({ 'bin/b': 'somebody put this here' })
    const before = ground.everything()
    expect(await ground.install('b')).toBe(
      [
        'test: cannot install "bin/b": a file is in the way',
        '  package b',
        '  there   no package has it',
        '  move it elsewhere',
        'test: cannot install "share/d": two packages have it',
        '  package a',
        '  package b',
        'test: cannot install "share/x": two packages have it',
        '  package a',
        '  package b',
      ].join('\n'),
    )
    expect(ground.everything()).toEqual(before)
  })

  test('a folder that somebody put something into does not become a file', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'share/x/y': 'y' })
    await ground.install('a')
    ground.write({ 'share/x/mine': 'mine' })
    await ground.make('a', '2', { 'share/x': 'a file' })
    expect(await ground.install('a')).toContain('cannot install "share/x": a folder is in the way')
    expect(ground.read('share/x/mine')).toBe('mine')
    expect(ground.read('share/x/y')).toBe('y')
  })

  test('somebody has a file with the bytes of the package: it would go with the package', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'share/x': 'x' })
    ground.write({ 'share/x': 'x' })
    expect(await ground.install('a')).toContain('cannot install "share/x": a file is in the way')
    expect(ground.shown()).toEqual({ 'share/': '', 'share/x': 'x' })
  })

  test.each(['bin/a', 'etc/a'])('a fifo has come in place of %s', async path => {
    const ground = new Ground()
    await ground.make('a', '1', { [path]: 'a' })
    await ground.install('a')
    rmSync(join(ground.root, path))
    execFileSync('mkfifo', [join(ground.root, path)])
    expect(await ground.install('a')).toContain(`cannot install "${path}": `)
    expect(lstatSync(join(ground.root, path)).isFIFO()).toBe(true)
    expect(ground.remove('a')).toMatchObject({ went: ['a-1-1'] })
    expect(lstatSync(join(ground.root, path)).isFIFO()).toBe(true)
  })

  test('a folder that was there before packages came does not become a file', async () => {
    const ground = new Ground()
    ground.write({ 'srv/': '' })
    await ground.make('a', '1', { 'srv/x': 'x' })
    await ground.install('a')
    await ground.make('a', '2', { srv: 'a file' })
    expect(await ground.install('a')).toContain('cannot install "srv": a folder is in the way')
    expect(ground.shown()).toEqual({ 'srv/': '', 'srv/x': 'x' })
  })

  test('a setting that somebody edited does not become a folder', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'etc/a': 'one' })
    await ground.install('a')
    ground.write({ 'etc/a': 'mine' })
    await ground.make('a', '2', { 'etc/a/b': 'two' })
    expect(await ground.install('a')).toContain('cannot install "etc/a": a file is in the way')
    expect(ground.read('etc/a')).toBe('mine')
  })

  test('a symlink in place of a folder is never followed', async () => {
    const ground = new Ground()
    const outside = join(ground.folder, 'outside')
    mkdirSync(outside)
    await ground.make('a', '1', { 'lib/deep/x': 'x' })
    ground.write({ lib: `-> ${outside}` })
    expect(await ground.install('a')).toContain('cannot install "lib": a symlink is in the way')
    expect(readdirSync(outside)).toEqual([])
  })

  test.each(['var', 'var/lib', 'var/lib/coolports', 'var/lib/coolports/packages'])(
    'nor is one in place of %s, where the database is',
    async path => {
      const ground = new Ground()
      const outside = join(ground.folder, 'outside')
      mkdirSync(outside)
      await ground.make('a', '1', { 'x/y': 'y' })
      ground.write({ [path]: `-> ${outside}` })
      expect(await ground.install('a')).toContain(`cannot install what is below "${path}": it is no folder`)
      expect(readdirSync(outside)).toEqual([])
    },
  )

  test('one that comes to be there after the look is not followed either, and all is taken back', async () => {
    const ground = new Ground()
    const outside = join(ground.folder, 'outside')
    mkdirSync(outside)
    await ground.make('a', '1', { 'bin/a': '!a', 'lib/deep/x': 'x' })
    await ground.make('a2', '1', { 'share/z': 'z' })
    await ground.install('a')
    rmSync(join(ground.root, 'lib'), { recursive: true })
    ground.write({ lib: `-> ${outside}` })
    ground.remove('a')
    expect(readdirSync(outside)).toEqual([])
  })

  test('a root that may not be read is told, with the folder', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'lib/a': 'a' })
    await ground.install('a')
    const path = join(ground.root, 'lib')
    await asOrdinary(ground, async () => {
      chmodSync(path, 0)
      expect(() => ground.verify()).toThrow(JSON.stringify([{ kind: 'system', code: 'EACCES', path }]))
      expect(await ground.install('a')).toBe(
        `test: cannot install: permission is denied\n  path ${JSON.stringify(path)}`,
      )
      chmodSync(path, 0o755)
    })
  })

  test('a root that cannot be made is told', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'bin/a': '!a' })
    const wanted = { add: await ground.candidates('a'), remove: [] }
    for (const root of [join(ground.root, 'no/such'), '/proc/no-such'])
      expect(changeRoot(root, wanted)).toMatchObject({
        ok: false,
        error: [{ kind: 'system', code: 'ENOENT' }],
      })
  })

  test('the folder of the database is no place for a package', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'var/lib/coolports/packages/b.rec': 'name: b' })
    expect(await ground.install('a')).toContain('no package may have what is in the folder of the database')
  })

  test('a record that was damaged is told by its line, and nothing is changed', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'bin/a': '!a' })
    await ground.install('a')
    const record = 'var/lib/coolports/packages/a.rec'
    ground.write({ [record]: ground.read(record).replace('path: bin/a', 'path: ../../outside') })
    const before = ground.everything()
    expect(ground.remove('a')).toContain(`cannot read "${record}": line 12: it is not what a package can own`)
    expect(ground.everything()).toEqual(before)
  })

  test('a record of another package, or one that is a symlink, is told too', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { 'bin/a': '!a' })
    await ground.install('a')
    const [record, other] = ['a', 'b'].map(name => `var/lib/coolports/packages/${name}.rec`)
    const text = ground.read(record ?? '')
    ground.write({ [other ?? '']: text })
    expect(ground.remove('a')).toContain(`cannot read "${other}": line 1: it is the record of a`)
    rmSync(join(ground.root, other ?? ''))
    ground.write({ '../a.rec': text, [record ?? '']: '-> ../../../../../a.rec' })
    expect(ground.read(record ?? '')).toBe(text)
    expect(ground.remove('a')).toContain('cannot remove: a symlink there')
    expect(ground.read('bin/a')).toBe('a')
  })
})

describe('remove', () => {
  test('takes what only the package needed, and leaves what others need', async () => {
    const ground = new Ground()
    await ground.make('base', '1', { 'lib/base': 'base' })
    await ground.make('a', '1', { 'bin/a': '!a' }, ['base'])
    await ground.make('b', '1', { 'bin/b': '!b' }, ['base'])
    await ground.install('a', 'b')
    expect(ground.remove('a')).toEqual({ ...NOTHING, went: ['a-1-1'] })
    expect(ground.remove('base')).toBe('test: cannot remove base: others need it\n  by b')
    expect(ground.remove('b')).toEqual({ ...NOTHING, went: ['b-1-1', 'base-1-1'] })
    expect(ground.shown()).toEqual({})
  })

  test('leaves what somebody asked for, though it was brought along first', async () => {
    const ground = new Ground()
    await ground.make('base', '1', { 'lib/base': 'base' })
    await ground.make('a', '1', { 'bin/a': '!a' }, ['base'])
    await ground.install('a')
    await ground.install('base')
    ground.remove('a')
    expect(ground.shown()).toEqual({ 'lib/': '', 'lib/base': 'base' })
  })

  test('leaves what somebody asked for, though another version of it was brought along since', async () => {
    const ground = new Ground()
    await ground.make('base', '1', { 'lib/base': 'one' })
    await ground.install('base')
    await ground.make('base', '2', { 'lib/base': 'two' })
    await ground.make('a', '1', { 'bin/a': '!a' }, ['base'])
    await ground.install('a')
    ground.remove('a')
    expect(ground.shown()).toEqual({ 'lib/': '', 'lib/base': 'two' })
  })

  test('leaves what no package owns, and folders that were there before', async () => {
    const ground = new Ground()
    ground.write({ 'srv/': '', 'home/': '' })
    await ground.make('a', '1', { 'srv/a': 'a', 'lib/a': 'a', 'share/a': 'a' })
    await ground.install('a')
    await ground.make('a', '2', { 'srv/a': 'b', 'lib/a': 'a', 'share/a': 'a' })
    await ground.install('a')
    ground.write({ 'lib/mine': 'mine' })
    ground.remove('a')
    expect(ground.shown()).toEqual({
      'home/': '',
      'lib/': '',
      'lib/mine': 'mine',
      'srv/': '',
    })
  })

  test('of what is not there is refused', async () => {
    const ground = new Ground()
    await ground.make('a', '1', { x: 'x' })
    await ground.install('a')
    expect(ground.remove('b')).toBe('test: cannot remove b: it is not installed there\n  there a')
  })
})

describe('below /etc', () => {
  const make = (ground: Ground, version: string, text: string) =>
    ground.make('a', version, { 'etc/a.conf': text, 'etc/other': 'other' })

  /** A root with version 1, whose settings somebody has edited. */
  async function edited(): Promise<Ground> {
    const ground = new Ground()
    await make(ground, '1', 'one')
    await ground.install('a')
    ground.write({ 'etc/a.conf': 'mine' })
    return ground
  }

  test('an upgrade replaces what nobody edited', async () => {
    const ground = new Ground()
    await make(ground, '1', 'one')
    await ground.install('a')
    await make(ground, '2', 'two')
    await ground.install('a')
    expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'two', 'etc/other': 'other' })
  })

  test('an upgrade replaces what somebody only touched', async () => {
    const ground = new Ground()
    await make(ground, '1', 'one')
    await ground.install('a')
    utimesSync(join(ground.root, 'etc/a.conf'), 1e9, 1e9)
    await make(ground, '2', 'two')
    expect(await ground.install('a')).toEqual({ ...NOTHING, came: ['a-2-1'] })
    expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'two', 'etc/other': 'other' })
  })

  test('an upgrade keeps an edited file, with the new one beside it, until they are one', async () => {
    const ground = await edited()
    await make(ground, '2', 'two')
    expect(await ground.install('a')).toEqual({
      ...NOTHING,
      came: ['a-2-1'],
      kept: [{ path: 'etc/a.conf', beside: 'etc/a.conf.new' }],
    })
    expect(ground.shown()).toMatchObject({ 'etc/a.conf': 'mine', 'etc/a.conf.new': 'two' })
    // Nothing newer comes, and nobody has looked at the one beside it.
    await ground.make('a', '2.1', { 'etc/a.conf': 'two', 'etc/other': 'other' })
    await ground.install('a')
    expect(ground.shown()).toMatchObject({ 'etc/a.conf': 'mine', 'etc/a.conf.new': 'two' })
    await make(ground, '3', 'three')
    await ground.install('a')
    expect(ground.shown()).toMatchObject({ 'etc/a.conf': 'mine', 'etc/a.conf.new': 'three' })
    ground.write({ 'etc/a.conf': 'three' })
    await ground.install('a')
    expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'three', 'etc/other': 'other' })
  })

  test('an upgrade keeps the new one beside it, too, when somebody edited that', async () => {
    const ground = await edited()
    await make(ground, '2', 'two')
    await ground.install('a')
    ground.write({ 'etc/a.conf.new': 'two, and mine' })
    for (const [version, text] of [
      ['3', 'three'],
      ['4', 'four'],
    ] as const) {
      await make(ground, version, text)
      expect(await ground.install('a')).toMatchObject({
        kept: [{ path: 'etc/a.conf', beside: 'etc/a.conf.new', isBesideEdited: true }],
      })
      expect(ground.shown()).toMatchObject({ 'etc/a.conf': 'mine', 'etc/a.conf.new': 'two, and mine' })
    }
    ground.write({ 'etc/a.conf.new': 'four' })
    await make(ground, '5', 'five')
    await ground.install('a')
    expect(ground.shown()).toMatchObject({ 'etc/a.conf': 'mine', 'etc/a.conf.new': 'five' })
  })

  test('a file that somebody put there as the package has it gets none beside it', async () => {
    const ground = new Ground()
    ground.write({ 'etc/a.conf': 'one' })
    await make(ground, '1', 'one')
    expect(await ground.install('a')).toEqual({ ...NOTHING, came: ['a-1-1'] })
    expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'one', 'etc/other': 'other' })
  })

  test('an upgrade that brings the same file says nothing new', async () => {
    const ground = await edited()
    await ground.make('a', '2', { 'etc/a.conf': 'one', 'etc/other': 'changed' })
    await ground.install('a')
    expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'mine', 'etc/other': 'changed' })
  })

  test('one beside that somebody took away comes again only when it is a newer one', async () => {
    const ground = await edited()
    await make(ground, '2', 'two')
    await ground.install('a')
    rmSync(join(ground.root, 'etc/a.conf.new'))
    ground.write({ 'etc/a.conf': 'two, and mine' })
    for (const version of ['2', '3']) {
      await make(ground, version, 'two')
      expect(await ground.install('a')).toMatchObject({ kept: [{ path: 'etc/a.conf' }] })
      expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'two, and mine', 'etc/other': 'other' })
    }
    await make(ground, '4', 'four')
    await ground.install('a')
    expect(ground.shown()).toMatchObject({ 'etc/a.conf': 'two, and mine', 'etc/a.conf.new': 'four' })
  })

  test("somebody's own file of that name is not taken for one beside", async () => {
    const ground = new Ground()
    await make(ground, '1', 'one')
    await ground.install('a')
    ground.write({ 'etc/a.conf': 'mine', 'etc/a.conf.new': 'mine, too' })
    await make(ground, '2', 'two')
    expect(await ground.install('a')).toContain('cannot install "etc/a.conf.new": a file is in the way')
    expect(ground.shown()).toMatchObject({ 'etc/a.conf': 'mine', 'etc/a.conf.new': 'mine, too' })
  })

  test('removal leaves what was edited, and a new installation finds it', async () => {
    const ground = await edited()
    expect(ground.remove('a')).toMatchObject({ kept: [{ path: 'etc/a.conf' }] })
    expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'mine' })
    await ground.install('a')
    expect(ground.shown()).toEqual({
      'etc/': '',
      'etc/a.conf': 'mine',
      'etc/a.conf.new': 'one',
      'etc/other': 'other',
    })
    ground.remove('a')
    expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'mine' })
  })

  test('removal leaves the new one beside it, too, when somebody edited that', async () => {
    const ground = await edited()
    await make(ground, '2', 'two')
    await ground.install('a')
    ground.write({ 'etc/a.conf.new': 'two, and mine' })
    ground.remove('a')
    expect(ground.shown()).toEqual({ 'etc/': '', 'etc/a.conf': 'mine', 'etc/a.conf.new': 'two, and mine' })
  })
})
