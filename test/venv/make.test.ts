import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { findProgram } from '../../core/missing.ts'
import { OLD } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'
import { liveRoots } from '../../helpers/store/roots.ts'
import { notes } from '../../helpers/venv/notes.ts'
import { mayMountDisk, mountDisk } from '../support/mount.ts'
import { DEAD, partBy } from '../support/part.ts'
import { USERS, VenvShop } from './shop.ts'

let shop: VenvShop
beforeEach(async () => {
  shop = await VenvShop.open()
})
afterEach(() => shop.close())

const hello = (text: string): Readonly<Record<string, string>> => ({
  'bin/hello': `#!/bin/sh\necho ${text}\n`,
})

function fill(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** As if all had been made long ago; answers what is there. */
function age(folder: string): readonly string[] {
  const paths = readdirSync(folder, { recursive: true }).map(String).sort()
  for (const path of paths) lutimesSync(join(folder, path), 0, 0)
  return paths
}

describe('a venv', () => {
  test('is made of links and text alone, and names its packages', async () => {
    await shop.pack('hello', hello('one'), folder => writeFileSync(join(folder, 'big'), Buffer.alloc(3e6)))
    const venv = await shop.make('venv', ['base', 'hello'])
    const bytes = (folder: string): number =>
      readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
        const path = join(folder, entry.name)
        return sum + (entry.isDirectory() ? bytes(path) : entry.isFile() ? statSync(path).size : 0)
      }, 0)
    expect(bytes(venv)).toBeLessThan(30_000)
    const list = readFileSync(join(venv, 'packages'), 'utf8')
    expect(list).toMatch(/^package: hello\nversion: 1-1\npkghash: [0-9a-f]{64}\ntar: [0-9a-f]{64}\ntree: "/m)
    expect(
      spawnSync('recsel', ['-e', 'package = "base"', '-P', 'version'], { input: list }).stdout.toString(),
    ).toBe('1-1\n')
  })

  test('holds its packages in the store for as long as it is there', async () => {
    const venv = await shop.make('venv', ['base'])
    const [tree] = readdirSync(join(shop.store, 'trees'))
    expect(liveRoots(shop.store).map(root => root.trees)).toEqual([[tree]])
    renameSync(venv, `${venv} gone`)
    expect(liveRoots(shop.store)).toEqual([])
  })

  test('that is made again without a change stays as it is', async () => {
    const state = async (): Promise<string> => realpathSync(join(await shop.make('venv', ['base']), 'bin'))
    expect(await state()).toBe(await state())
    expect(readdirSync(join(shop.root, 'venv/.venv'))).toHaveLength(2)
  })

  test('changes in one step, and a command that runs keeps what it has', async () => {
    await shop.pack('hello', hello('one'))
    const venv = await shop.make('venv', ['base', 'hello'])
    const before = dirname(realpathSync(join(venv, 'bin')))
    const child = shop.start(venv, ['sh', '-c', 'hello; read -r _; hello'])
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      lines.push(line)
      if (lines.length > 1) break
      // As if it had been made long ago: its lock alone keeps it.
      utimesSync(before, 0, 0)
      await shop.pack('hello', hello('two'))
      await shop.make('venv', ['base', 'hello'])
      expect(realpathSync(join(venv, 'bin'))).not.toBe(join(before, 'bin'))
      expect(shop.printed(venv, ['hello'])).toBe('two\n')
      expect(existsSync(before)).toBe(true)
      // And it holds its packages on.
      expect(liveRoots(shop.store).map(root => root.owner)).toContain(before)
      child.stdin?.write('\n')
    }
    expect(lines).toEqual(['one', 'one'])
    await once(child, 'exit')
    await shop.make('venv', ['base', 'hello'])
    expect(existsSync(before)).toBe(false)
  })

  test.each(USERS)('says that its store is gone to %s', async (_, user) => {
    const venv = await shop.make('venv', ['base'])
    renameSync(shop.store, `${shop.store} elsewhere`)
    const { status, err } = shop.run(venv, ['true'], { user })
    expect(status).toBe(2)
    expect(err).toMatch(
      /^venv-run: cannot use the venv .*: its store is gone, or a package of it\n {2}missing: .*trees/,
    )
    expect(err).toContain('\n  put the store back, or run bin/venv again\n')
  })

  test('that was moved works, and says what to do', async () => {
    await shop.pack('hello', hello('moved'))
    const venv = await shop.make('venv', ['base', 'hello'])
    const moved = `${venv} moved`
    renameSync(venv, moved)
    const { status, out, err } = shop.run(moved, ['hello'])
    expect([status, out]).toEqual([0, 'moved\n'])
    expect(err).toMatch(/^venv-run: note: this venv was moved here; run bin\/venv again, lest .*\n$/)
    expect(execFileSync(join(moved, 'root/bin/busybox'), ['echo', 'linked']).toString()).toBe('linked\n')
  })

  test('recommends to merge what can be merged alone', () => {
    const made = { notHeld: [], layers: [], place: '' }
    const entries = [
      { kind: 'folder', path: 'lib' },
      { kind: 'leaf', path: 'lib64', layer: 0, from: '/lib64', type: 'symlink' },
    ] as const
    const request = { packages: [], order: false, prefer: [], alternatives: [], given: [] }
    expect(notes({ ...made, entries }, request)).toEqual([
      "the host's /lib is not seen, so its programs may miss their libraries; --merge lib keeps it",
      "the host's /lib64 is not seen, so its programs may miss their libraries; nothing can keep it below what is no folder in a package",
    ])
  })

  test('may be called by a symlink from elsewhere', async () => {
    const venv = await shop.make('venv', ['base'])
    symlinkSync(join(venv, 'bin/venv-run'), join(shop.root, 'short'))
    const ran = spawnSync(join(shop.root, 'short'), ['echo', 'there'], { encoding: 'utf8' })
    expect(ran.stdout).toBe('there\n')
  })

  test.each(['new\nline', 'ends\n', '-dash', ' ', 'it\'s "$x" `y`', 'a,b;c\\d'])(
    'may be called %j',
    async name => {
      await shop.pack('hello', hello('there'))
      const venv = await shop.make(name, ['base', 'hello'])
      expect(shop.printed(venv, ['hello'])).toBe('there\n')
      expect(shop.printed(venv, ['--pure', 'hello'])).toBe('there\n')
      const activate = spawnSync(
        'sh',
        ['-c', '. "$1" && busybox echo active', 'sh', join(venv, 'bin/activate')],
        {
          encoding: 'utf8',
        },
      )
      expect(activate.stdout).toBe('active\n')
    },
  )

  test('takes no folder that holds something else', async () => {
    mkdirSync(join(shop.root, 'mine'))
    writeFileSync(join(shop.root, 'mine/file'), 'mine')
    expect(await shop.try('mine', ['base'])).toMatch(
      /^venv: cannot use ".*mine" as a venv: it holds something else/,
    )
    expect(readdirSync(join(shop.root, 'mine'))).toEqual(['file'])
    const venv = await shop.make('venv', ['base'])
    renameSync(join(venv, 'bin'), join(venv, 'other'))
    mkdirSync(join(venv, 'bin'))
    expect(await shop.try('venv', ['base'])).toContain('its bin is not of a venv')
  })

  test("takes no .venv, nor a link, that is somebody else's, and removes nothing there", async () => {
    const python = { 'pyvenv.cfg': 'home = /usr/bin\n', 'lib/python3/site.py': '', 'bin/python': '' }
    const others: Readonly<Record<string, (folder: string) => void>> = {
      python: folder => fill(join(folder, '.venv'), python),
      link: folder => {
        fill(join(shop.root, 'elsewhere'), { 'mine/x': 'mine' })
        symlinkSync(join(shop.root, 'elsewhere'), join(folder, '.venv'))
      },
      current: folder => fill(join(folder, '.venv'), { 'current/x': 'mine' }),
      among: folder => fill(join(folder, '.venv'), { 'mine/x': 'mine', '0123456789abcdef/packages': '' }),
      file: folder => fill(join(folder, '.venv'), { mine: '' }),
      empty: folder => {
        mkdirSync(join(shop.root, 'nothing'))
        symlinkSync(join(shop.root, 'nothing'), join(folder, '.venv'))
      },
      bin: folder => {
        mkdirSync(join(folder, '.venv'))
        symlinkSync('scripts', join(folder, 'bin'))
      },
    }
    for (const [name, make] of Object.entries(others)) {
      const folder = join(shop.root, name)
      mkdirSync(folder)
      make(folder)
      const before = age(folder)
      expect(await shop.try(name, ['base'])).toMatch(
        /its (\.venv is not one of coolports|bin is not of a venv)$/,
      )
      expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before)
    }
  })

  test('removes none but states when it is made again', async () => {
    const venv = await shop.make('venv', ['base'])
    fill(join(venv, '.venv'), {
      [`${partBy(DEAD, 'state')}/x`]: '',
      'mine/x': 'mine',
      '0123456789abcdef0/x': 'mine',
    })
    const state = readlinkSync(join(venv, '.venv/current'))
    age(venv)
    // Another bin/venv may be about to switch to it.
    fill(join(venv, '.venv'), { 'fedcba9876543210/x': '' })
    await shop.make('venv', ['base'])
    expect(readdirSync(join(venv, '.venv')).sort()).toEqual(
      ['0123456789abcdef0', 'current', 'fedcba9876543210', 'mine', state].sort(),
    )
  })

  test('is made where another bin/venv was killed, before there was any', async () => {
    const folder = join(shop.root, 'venv')
    fill(join(folder, '.venv'), { [`${partBy(DEAD, 'state')}/x`]: '', '0123456789abcdef/x': '' })
    symlinkSync('0123456789abcdef', partBy(DEAD, join(folder, '.venv/current')))
    expect(await shop.try('venv', ['base'])).toBe(folder)
  })

  test('is made where an earlier bin/venv was killed, before there was any', async () => {
    const folder = join(shop.root, 'venv')
    fill(join(folder, '.venv'), { '.new-17/x': '', '.old-17/x': '', '0123456789abcdef/x': '' })
    symlinkSync('0123456789abcdef', join(folder, '.venv/current.17'))
    expect(await shop.try('venv', ['base'])).toBe(folder)
  })

  test('is refused in a folder whose path PATH cannot hold', async () => {
    expect(await shop.try('a:b', ['base'])).toContain('there is a colon in its path')
    symlinkSync('a:b', join(shop.root, 'alias'))
    expect(await shop.try('alias/venv', ['base'])).toContain('there is a colon in its path')
  })

  test('that cannot be made below /proc is told at once', async () => {
    await expect(shop.try('/proc/none', ['base'])).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test.each([
    ['its links', (state: string) => rmSync(join(state, 'root'), { recursive: true })],
    ['one of its links', (state: string) => rmSync(join(state, 'root/bin/sh'))],
    ['a layer', (state: string) => rmSync(join(state, '.layers/0'))],
    ['its facts', (state: string) => writeFileSync(join(state, 'facts'), '')],
    ['its program', (state: string) => chmodSync(join(state, 'bin/venv-run'), 0o644)],
    ['what was chosen', (state: string) => rmSync(join(state, 'chosen/0/bin/hello'))],
  ])('that has lost %s is mended when it is made again', async (_, damage) => {
    await shop.pack('one', hello('one'))
    await shop.pack('two', hello('two'))
    const choice = { alternatives: [{ path: 'bin/hello', package: 'two' }] }
    const venv = await shop.make('venv', ['base', 'one', 'two'], choice)
    const state = realpathSync(join(venv, '.venv/current'))
    damage(state)
    await shop.make('venv', ['base', 'one', 'two'], choice)
    expect(realpathSync(join(venv, '.venv/current'))).toBe(state)
    expect(readdirSync(join(venv, '.venv'))).toHaveLength(2)
    expect(shop.printed(venv, ['hello'])).toBe('two\n')
    expect(execFileSync(join(venv, 'root/bin/sh'), ['-c', 'echo linked']).toString()).toBe('linked\n')
  })

  test('that is mended while a command runs in it leaves the command what it has', async () => {
    const venv = await shop.make('venv', ['base'])
    const child = shop.start(venv, ['sh', '-c', 'echo begun; read -r _; busybox true'])
    const ended = once(child, 'exit')
    await once(child.stdout as NodeJS.ReadableStream, 'data')
    writeFileSync(join(venv, '.venv/current/facts'), '')
    await shop.make('venv', ['base'])
    const old = readdirSync(join(venv, '.venv')).filter(name => name.endsWith(OLD))
    expect(old.map(name => existsSync(join(venv, '.venv', name, 'bin/venv-run')))).toEqual([true])
    child.stdin?.end('\n')
    expect(await ended).toEqual([0, null])
  })

  test.each(['/share/real', '.'])(
    'that has lost nothing stays, with a symlink to %s that was chosen',
    async target => {
      await shop.pack('one', { 'share/x/link': 'one' })
      await shop.pack('two', { 'share/real': 'two', 'share/x/link': `->${target}` })
      const choice = { alternatives: [{ path: 'share/x', package: 'two' }] }
      const venv = await shop.make('venv', ['base', 'one', 'two'], choice)
      const made = () => statSync(join(venv, '.venv/current/facts')).ino
      const before = made()
      await shop.make('venv', ['base', 'one', 'two'], choice)
      expect(made()).toBe(before)
    },
  )

  test.skipIf(!mayMountDisk())('may be on another disk than the store', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'coolports disk-'))
    onTestFinished(() => rmSync(disk, { recursive: true }))
    mountDisk(disk, 2 ** 22)
    chmodSync(disk, 0o755)
    await shop.pack('hello', hello('far'))
    const venv = await shop.make(join(disk, 'venv'), ['base', 'hello'])
    for (const [, user] of USERS) expect(shop.printed(venv, ['hello'], { user })).toBe('far\n')
  })

  test('of more packages than an overlay takes works all the same', async () => {
    const names = Array.from({ length: 520 }, (_, index) => `n${index}`)
    for (const name of names) shop.plant(name, `share/${name}`)
    const venv = await shop.make('venv', ['base', ...names])
    expect(shop.printed(venv, ['cat', '/share/n0', '/share/n519'])).toBe('n0\nn519\n')
  })
})

describe('a file of two packages', () => {
  beforeEach(async () => {
    await shop.pack('one', { ...hello('one'), 'share/x': 'one\n' })
    await shop.pack('two', { ...hello('two'), 'share/x': 'two\n' })
    await shop.pack('twin', hello('one'))
  })

  test('is refused with both owners, and the venv that was there stays', async () => {
    const venv = await shop.make('venv', ['base', 'one'])
    expect(
      await shop.try('venv', ['base', 'one', 'two']),
    ).toBe(`venv: cannot put the packages together: 2 paths are of several packages, which have different things there
  "bin/hello" one, two
  "share/x"   one, two
  say which is meant: --prefer PACKAGE, --alternative PATH=PACKAGE, or --order: of those that you name the earlier one`)
    expect(shop.printed(venv, ['hello'])).toBe('one\n')
    expect(readdirSync(join(venv, '.venv'))).toHaveLength(2)
  })

  test('is no conflict when both have the same', async () => {
    const venv = await shop.make('venv', ['base', 'one', 'twin'])
    expect(shop.printed(venv, ['hello'])).toBe('one\n')
  })

  test('may be preferred of either of two packages of equal content', async () => {
    for (const prefer of [['twin'], ['same']]) {
      await shop.pack('same', hello('one'))
      const venv = await shop.make(`venv of ${prefer}`, ['base', 'twin', 'same', 'two'], { prefer })
      expect(shop.printed(venv, ['hello'])).toBe('one\n')
      // An overlay takes no folder twice.
      expect(readFileSync(join(venv, 'packages'), 'utf8').match(/^package: .*/gm)).toEqual(
        [...prefer, 'base', 'two'].map(name => `package: ${name}`),
      )
    }
    const alternatives = [{ path: 'bin/hello', package: 'same' }]
    const venv = await shop.make('venv', ['base', 'twin', 'same', 'two'], { alternatives })
    expect(shop.printed(venv, ['hello'])).toBe('one\n')
  })

  test.each([
    ['the order', { order: true }, 'one\none\n'],
    ['a preference', { prefer: ['two'] }, 'two\ntwo\n'],
    ['an order and a preference', { order: true, prefer: ['two'] }, 'two\ntwo\n'],
    ['an alternative', { order: true, alternatives: [{ path: 'bin/hello', package: 'two' }] }, 'two\none\n'],
  ])('is chosen by %s, in the mounts and in the links', async (_, choice, want) => {
    const venv = await shop.make('venv', ['base', 'one', 'two'], choice)
    expect(shop.printed(venv, ['sh', '-c', 'hello; cat /share/x'])).toBe(want)
    const linked = execFileSync('sh', ['-c', 'cd "$1/root" && sh bin/hello && cat share/x', 'sh', venv])
    expect(linked.toString()).toBe(want)
  })

  test('may be a folder in one of them', async () => {
    await shop.pack('folder', { 'share/x/y': 'folder\n' })
    expect(await shop.try('venv', ['base', 'one', 'folder'])).toContain('"share/x" one, folder')
    const alternatives = [{ path: 'share/x', package: 'folder' }]
    const venv = await shop.make('venv', ['base', 'one', 'folder'], { alternatives })
    expect(shop.printed(venv, ['cat', '/share/x/y'])).toBe('folder\n')
  })

  test('cannot be chosen of a package that does not have it, or is not there', async () => {
    const choose = (path: string, name: string): Promise<string> =>
      shop.try('venv', ['base', 'one', 'two'], { order: true, alternatives: [{ path, package: name }] })
    expect(await choose('bin/nothing', 'one')).toBe(
      'venv: cannot take "bin/nothing" of one: the package has nothing there',
    )
    expect(await choose('bin/hello', 'none')).toContain('cannot prefer "none": the venv has no such package')
    expect(await shop.try('venv', ['base', 'one'], { prefer: ['none'] })).toBe(
      'venv: cannot prefer "none": the venv has no such package\n  packages base, one',
    )
  })
})

describe('a venv upon another', () => {
  beforeEach(async () => {
    await shop.pack('low', { ...hello('low'), 'share/low': 'low\n' })
    await shop.pack('middle', { ...hello('middle'), 'share/middle': 'middle\n' })
    await shop.pack('high', { 'share/high': 'high\n', 'share/low': 'high\n' })
  })

  test('has what it does not have itself from those below, and hides what it has', async () => {
    const low = await shop.make('low venv', ['base', 'low'])
    const middle = await shop.make('middle venv', ['middle'], { stack: low })
    const high = await shop.make('high venv', ['high'], { stack: middle })
    const script = 'hello; cat /share/*'
    expect(shop.printed(low, ['sh', '-c', script])).toBe('low\nlow\n')
    expect(shop.printed(middle, ['sh', '-c', script])).toBe('middle\nlow\nmiddle\n')
    expect(shop.printed(high, ['sh', '-c', script])).toBe('middle\nhigh\nhigh\nmiddle\n')
    expect(readFileSync(join(high, 'packages'), 'utf8')).toMatch(/package: low\n[\s\S]*?level: 2\n/)
  })

  test('keeps what was chosen below', async () => {
    await shop.pack('other', hello('other'))
    const alternatives = [{ path: 'bin/hello', package: 'other' }]
    const low = await shop.make('low venv', ['base', 'low', 'other'], { alternatives })
    const high = await shop.make('high venv', ['high'], { stack: low })
    expect(shop.printed(high, ['hello'])).toBe('other\n')
  })

  test('keeps symlinks that were chosen as they are, here and below', async () => {
    await shop.pack('one', { 'share/x/link': 'one' })
    await shop.pack('other', { 'share/x/link': '->real', 'share/x/real': 'other' })
    const alternatives = [{ path: 'share/x', package: 'other' }]
    const low = await shop.make('low venv', ['base', 'one', 'other'], { alternatives })
    const high = await shop.make('high venv', ['high'], { stack: low })
    for (const venv of [low, high]) {
      const copies = join(venv, '.venv/current/chosen/0/share/x')
      expect(readlinkSync(join(copies, 'link'))).toBe('real')
    }
  })

  test('holds the packages of those below for itself, too', async () => {
    const low = await shop.make('low venv', ['base', 'low'])
    await shop.make('high venv', ['high'], { stack: low })
    rmSync(low, { recursive: true })
    expect(liveRoots(shop.store).flatMap(root => root.trees).length).toBe(3)
  })

  test('is told when a package of the one below is gone', async () => {
    const low = await shop.make('low venv', ['low'])
    removeTree(join(shop.store, 'trees'))
    expect(await shop.try('high venv', ['high'], { stack: low })).toMatch(
      /^venv: cannot stand upon the venv ".*low venv": its store is gone, or a package of it\n {2}missing ".*trees/,
    )
  })

  test('is told when the one below has changed, and takes that in when it is made again', async () => {
    const low = await shop.make('low venv', ['base', 'low'])
    const high = await shop.make('high venv', ['high'], { stack: low })
    await shop.pack('low', hello('lower'))
    await shop.make('low venv', ['base', 'low'])
    const { out, err } = shop.run(high, ['hello'])
    expect(out).toBe('low\n')
    expect(err).toMatch(/^venv-run: note: the venv that this one stands upon has changed/)
    await shop.make('high venv', ['high'], { stack: low })
    expect(shop.printed(high, ['hello'])).toBe('lower\n')
  })

  test('never stands upon itself, however far below', async () => {
    const low = await shop.make('low venv', ['base', 'low'])
    const middle = await shop.make('middle venv', ['middle'], { stack: low })
    const high = await shop.make('high venv', ['high'], { stack: middle })
    expect(await shop.try('low venv', ['base', 'low'], { stack: high })).toBe(
      `venv: cannot stack the venvs: one would stand upon itself\n  this ${[low, high, middle, low].map(place => JSON.stringify(place)).join('\n  upon ')}`,
    )
    symlinkSync(low, join(shop.root, 'alias'))
    expect(await shop.try('low venv', ['base'], { stack: join(shop.root, 'alias') })).toContain('upon itself')
  })

  test('needs one to be there', async () => {
    expect(await shop.try('venv', ['base'], { stack: shop.root })).toMatch(
      /^venv: cannot use ".*" as a venv: it has no/,
    )
  })
})

describe('a hostile package', () => {
  test('leads nothing on this side outside by a symlink at its top', async () => {
    const outside = join(shop.root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'secret'), 'secret\n')
    await shop.pack('hostile', { sbin: `->${outside}`, 'share/abs': '->/etc' })
    const venv = await shop.make('venv', ['base', 'hostile'])
    // The link is meant from the root of the venv, where there is no such folder.
    expect(existsSync(join(venv, 'root/sbin/secret'))).toBe(false)
    expect(existsSync(join(venv, 'root/share/abs/passwd'))).toBe(false)
    expect(shop.run(venv, ['--pure', 'ls', '/sbin/']).status).not.toBe(0)
    expect(shop.printed(venv, ['readlink', '/sbin'])).toBe(`${outside}\n`)
    const alternatives = [{ path: 'sbin/secret', package: 'hostile' }]
    expect(await shop.try('other', ['base', 'hostile'], { alternatives })).toContain(
      '"sbin" is no folder in hostile',
    )
  })

  test('is not even unpacked when a symlink climbs above its root', async () => {
    await shop.forge('hostile', [{ kind: 'symlink', path: 'share/up', target: '../../..' }])
    expect(await shop.try('venv', ['base', 'hostile'])).toContain('it is a symlink that leads outside')
  })

  test('may not turn a folder of another one into a symlink unseen', async () => {
    await shop.pack('hostile', { bin: '->/tmp' })
    expect(await shop.try('venv', ['base', 'hostile'])).toContain('\n  "bin" base, hostile\n')
    expect(await shop.try('venv', ['hostile', 'base'])).toContain('\n  "bin" hostile, base\n')
  })

  test('gets no set-uid program into a venv', async () => {
    await shop.pack('setuid', { 'bin/setuid': '#!/bin/sh\n' }, folder =>
      chmodSync(join(folder, 'bin/setuid'), 0o6755),
    )
    const venv = await shop.make('venv', ['base', 'setuid'])
    expect(shop.printed(venv, ['stat', '-c', '%a', '/bin/setuid'])).toBe('755\n')
    expect(statSync(join(venv, 'root/bin/setuid')).mode & 0o7777).toBe(0o755)
  })

  test('does not take the place of the devices, the processes or the homes of the host', async () => {
    await shop.pack('hostile', { 'dev/null': 'not null', 'proc/x': '', 'home/x': '', 'tmp/x': '' })
    const venv = await shop.make('venv', ['base', 'hostile'])
    expect(shop.printed(venv, ['sh', '-c', 'echo x >/dev/null; cat /dev/null; test ! -e /proc/x'])).toBe('')
  })
})

describe('bin/activate', () => {
  test.each(['dash', 'busybox ash', 'mksh', 'bash'])(
    'puts programs and manuals first in %s, until it is undone',
    async shell => {
      await shop.pack('manual', { 'share/man/man1/x.1': '', 'usr/bin/y': '#!/bin/sh\necho y\n' })
      const venv = await shop.make('venv', ['base', 'manual'])
      const script = `set -u; . "$1/bin/activate"; echo "$PATH"; echo "$MANPATH"; busybox echo run; y
      . "$1/bin/activate"; venv_deactivate; echo "$PATH \${MANPATH-none}"`
      const [program = '', ...words] = shell.split(' ')
      const PATH = process.env.PATH ?? ''
      const ran = spawnSync(program, [...words, '-c', script, 'sh', venv], {
        encoding: 'utf8',
        env: { PATH, SHLVL: '1' },
      })
      expect(ran.stderr).toBe('')
      expect(ran.stdout).toBe(
        `${venv}/root/bin:${venv}/root/usr/bin:${PATH}\n${venv}/root/share/man:\nrun\ny\n${PATH} none\n`,
      )
    },
  )

  /** What a shell prints that sources it in some way, and then where it found the venv, and what it runs of it. */
  const sourced = (shell: readonly string[], script: string, venv: string, cwd = venv) => {
    const [program = '', ...words] = shell
    const all = `set -u\n${script}\necho "$? \${VENV-none}"; [ -z "\${VENV-}" ] || busybox echo run`
    const { stdout, stderr } = spawnSync(program, [...words, '-c', all, 'sh', venv], {
      cwd,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: shop.root },
    })
    return { stdout, stderr }
  }

  describe.each([
    [['bash']],
    [['bash', '--posix']],
    [['zsh', '-f']],
    [['zsh', '-f', '-o', 'nofunctionargzero']],
  ])('in %j', shell => {
    test.skipIf(!findProgram(shell[0] ?? '')).each([
      ['a relative path, and CDPATH', 'CDPATH=.:/tmp; . tools/bin/activate', ''],
      ['an exported CDPATH', 'export CDPATH=/tmp:.; . ./tools/bin/activate', ''],
      ['a cd of the person', 'cd() { echo said; builtin cd / && echo more; }; . tools/bin/activate', ''],
      ['an alias of cd', "alias cd='false'; eval '. tools/bin/activate'", ''],
      ['a pwd of the person', 'pwd() { echo said; }; . tools/bin/activate', ''],
      ['the name alone', 'PATH=.:$PATH; . activate', 'tools/bin'],
    ])('finds the venv, which was moved, with %s', async (_, script, at) => {
      const venv = await shop.make('first', ['base'])
      renameSync(venv, join(shop.root, 'tools'))
      const cwd = join(shop.root, at)
      expect(sourced(shell, script, venv, cwd)).toEqual({
        stdout: `0 ${join(shop.root, 'tools')}\nrun\n`,
        stderr: '',
      })
    })
  })

  test('in bash, by a name without a slash, in the folder where it lies', async () => {
    const venv = await shop.make('venv', ['base'])
    expect(sourced(['bash'], 'PATH=/usr/bin:/bin; . activate', venv, join(venv, 'bin'))).toEqual({
      stdout: `0 ${venv}\nrun\n`,
      stderr: '',
    })
  })

  test.each([[['bash']], [['dash']]])('is refused by %j where there is no such venv', async shell => {
    const venv = await shop.make('venv', ['base'])
    const file = join(shop.root, 'copy/bin/activate')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, readFileSync(join(venv, 'bin/activate')))
    rmSync(venv, { recursive: true })
    const { stdout, stderr } = sourced(shell, '. copy/bin/activate', venv, shop.root)
    expect(stdout).toBe('1 none\n')
    expect(stderr).toMatch(
      /^activate: cannot use the venv: .* is not there; if it was moved, run bin\/venv again\n/,
    )
  })

  test('is refused where the folder is gone, or cannot stand in PATH', async () => {
    const venv = await shop.make('venv', ['base'])
    const gone = sourced(
      ['bash'],
      'BASH_SOURCE=/none/x/y; eval "$(sed s/=.BASH_SOURCE/=.none.x.y/ bin/activate)"',
      venv,
    )
    expect(gone.stdout).toBe('1 none\n')
    renameSync(venv, `${venv}:moved`)
    const moved = sourced(['bash'], '. bin/activate', venv, `${venv}:moved`)
    expect(moved.stderr).toContain('activate: cannot use the venv: there is a colon in its path')
  })

  test('repeats symlinks as they are meant: from the root of the venv', async () => {
    await shop.pack('links', {
      'bin/a': '->/bin/busybox',
      'usr/bin/b': '->../../bin/busybox',
      'bin/c': '->busybox',
    })
    const venv = await shop.make('venv', ['base', 'links'])
    const real = realpathSync(join(venv, 'root/bin/busybox'))
    for (const path of ['bin/a', 'usr/bin/b', 'bin/c'])
      expect(realpathSync(join(venv, 'root', path))).toBe(real)
    expect(lstatSync(join(venv, 'root/bin/a')).isSymbolicLink()).toBe(true)
    expect(readlinkSync(join(venv, 'root/bin/c'))).toBe('busybox')
  })
})
