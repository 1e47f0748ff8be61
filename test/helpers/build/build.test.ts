import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { hasEnded } from '../../../core/process.ts'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { BUSYBOX, ORDINARY, Workshop } from './workshop.ts'

// Whatever else this machine is doing.
vi.setConfig({ testTimeout: 180_000 })

/** How many seconds the processes of this very run sleep, by which they are found. */
const LONG = `1${process.pid}`

let shop: Workshop
beforeAll(async () => {
  shop = await Workshop.open()
})
afterAll(() => shop.close())

const names = (name: string): readonly string[] => readdirSync(shop.folder(name)).sort()

test('a build packs what its script put into DESTDIR, says so in two lines and leaves the package alone', () => {
  shop.closure('plain', 'base')
  const ran = shop.build('plain', 'echo noise; echo hello >"$DESTDIR/hello"')
  const file = join(shop.folder('plain'), '.pkg.tar.gz')
  const digest = sha256(gunzipSync(readFileSync(file)))
  expect(ran.status).toBe(0)
  expect(ran.stdout).toBe('')
  expect(ran.stderr.replace(/in \d+ s/, 'in 0 s')).toBe(
    `build plain-1-1\nbuilt plain-1-1 in 0 s, 0.0 MB, tar sha256 ${digest}\n`,
  )
  expect(readIdentity(file)).toBe(digest)
  expect(names('plain')).toEqual(['.bclosure', '.log', '.pkg.tar.gz'])
})

test('what the last build that went well has printed is kept, and what a failed one has stays apart from it', () => {
  shop.closure('chatty', 'base')
  const log = (name: string) => readFileSync(join(shop.folder('chatty'), name), 'utf8')
  shop.build('chatty', 'echo 1 of 2 tests passed; echo 1 was skipped >&2')
  expect(log('.log')).toBe('1 of 2 tests passed\n1 was skipped\n')
  shop.build('chatty', 'echo broken; exit 1')
  expect(log('.log')).toBe('1 of 2 tests passed\n1 was skipped\n')
  expect(log('.build.failed/log')).toBe('broken\n')
  shop.build('chatty', ':', { env: { COOLPORTS_VERBOSE: '1' } })
  expect(log('.log')).toBe('')
})

test('a package whose log cannot be kept is built all the same', () => {
  shop.closure('quiet', 'base')
  mkdirSync(join(shop.folder('quiet'), '.log'))
  const { status, stderr } = shop.build('quiet', ':')
  expect(stderr).toContain(
    'do-build: cannot keep what the build of quiet-1-1 has printed: EISDIR\nquiet-1-1: it is empty',
  )
  expect(status).toBe(0)
  expect(names('quiet')).toEqual(['.bclosure', '.log', '.pkg.tar.gz'])
})

test('a build prints all it has to say when COOLPORTS_VERBOSE is set', () => {
  shop.closure('loud', 'base')
  const ran = shop.build('loud', 'echo one; echo two >&2; echo three; echo >"$DESTDIR/x"', {
    env: { COOLPORTS_VERBOSE: '1' },
  })
  expect(ran.stderr).toContain('build loud-1-1\none\ntwo\nthree\nbuilt loud-1-1')
})

test.each(['', '1'])(
  'a build that opens its own output anew loses nothing of it (verbose: "%s")',
  verbose => {
    shop.closure('anew', 'base')
    const script = 'echo first; echo second >/dev/stderr; echo third >/dev/stdout; echo last; exit 1'
    const { stderr } = shop.build('anew', script, { env: { COOLPORTS_VERBOSE: verbose } })
    const indent = verbose === '' ? '  ' : ''
    expect(stderr).toContain(['', 'first', 'second', 'third', 'last', ''].join(`\n${indent}`).trimEnd())
    expect(readFileSync(join(shop.folder('anew'), '.build.failed/log'), 'utf8')).toBe(
      'first\nsecond\nthird\nlast\n',
    )
  },
)

test.skipIf(process.getuid?.() !== 0)('nobody else can look into the folder of a build', () => {
  shop.closure('mine', 'base')
  shop.build('mine', 'cp /bin/busybox "$DESTDIR/x"; chmod 4755 "$DESTDIR/x"; exit 1')
  const failed = join(shop.folder('mine'), '.build.failed')
  expect(statSync(failed).mode & 0o777).toBe(0o700)
})

test('sources stand read-only in /sources, files/ in /files with the modes of a package', () => {
  shop.closure('inputs', 'base')
  writeFileSync(
    join(shop.folder('inputs'), '.fetch'),
    [shop.source('a.txt', 'text of a\n'), shop.source('b.txt', 'text of b\n')].join('\n'),
  )
  const files = join(shop.folder('inputs'), 'files')
  mkdirSync(join(files, 'deep'), { recursive: true })
  writeFileSync(join(files, 'deep/run'), '#!/bin/sh\necho ran\n', { mode: 0o700 })
  writeFileSync(join(files, 'deep/data'), 'data\n', { mode: 0o600 })
  symlinkSync('deep/data', join(files, 'link'))
  const script =
    'ls /sources; cat /sources/a.txt; /files/deep/run; cat /files/link; stat -c "%a %Y" /files/deep /files/deep/run /files/deep/data; (: >>/files/link || : >>/sources/a.txt) 2>/dev/null || echo read-only'
  const ran = shop.build('inputs', script, {
    args: ['--fetch', '.fetch', '--files', 'files'],
    env: { COOLPORTS_VERBOSE: '1' },
  })
  expect(ran.stderr).toContain(
    'a.txt\nb.txt\ntext of a\nran\ndata\n755 1609459200\n755 1609459200\n644 1609459200\nread-only\n',
  )
})

test('a failed build keeps its folder and log, shows the end of the log and how to enter the sandbox', () => {
  shop.closure('broken', 'base')
  const ran = shop.build('broken', 'echo left >left; for i in $(seq 60); do echo line $i; done; exit 7')
  const failed = join(shop.folder('broken'), '.build.failed')
  expect(ran.status).toBe(1)
  expect(ran.stderr).not.toContain('  line 20\n')
  expect(ran.stderr).toContain(`  line 21\n`)
  expect(ran.stderr).toContain(`  line 60
do-build: cannot build broken-1-1: its script exited with 7
  log   pkg/broken/.build.failed/log
  enter bin/build-shell broken
  see the command that failed: bin/build-shell broken sh -euxc 'rm -rf ./* ./.[!.]* "$DESTDIR"/*; . /build.sh'
`)
  expect(readFileSync(join(failed, 'log'), 'utf8').split('\n')).toHaveLength(61)
  expect(names('broken')).toEqual(['.bclosure', '.build.failed'])

  const entered = shop.run('broken', [
    '--enter',
    '.build.failed',
    '--',
    'sh',
    '-c',
    'pwd; cat left; tail -n 1 /build.sh; echo said >&2; exit 5',
  ])
  expect(entered.stderr).toBe('said\n')
  expect(entered.stdout).toMatch(/^\/home\/build\/src\nleft\n.*exit 7$/)
  expect(entered.status).toBe(5)
  const missing = shop.run('broken', ['--enter', '.build.failed', '--', 'nosuch'])
  expect(missing.status).toBe(127)
  expect(missing.stdout + missing.stderr).toMatch(/^sh: .*nosuch: not found\n$/)

  expect(shop.build('broken', ':').status).toBe(0)
  expect(names('broken')).toEqual(['.bclosure', '.log', '.pkg.tar.gz'])
})

test('a failed build tells the phase where its shell named a line', () => {
  shop.closure('phases', 'base')
  const script = '# unpack\n(\n:\n)\n# build\n(\n# check\n:\nnosuch --option\n)\n# check\n(\n:\n)\n'
  expect(shop.build('phases', script).stderr).toContain(
    '  phase build\n  log   pkg/phases/.build.failed/log\n',
  )
  expect(shop.build('phases', script.replace('nosuch --option', 'false')).stderr).not.toContain('  phase ')
})

test('a build whose shell is for another kind of machine is told so', async () => {
  await shop.pack('foreign', folder => {
    mkdirSync(join(folder, 'bin'))
    const program = readFileSync(BUSYBOX)
    // The field of an ELF header that names the machine: AArch64, or x86-64 where that is the machine.
    program.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18)
    writeFileSync(join(folder, 'bin/sh'), program, { mode: 0o755 })
  })
  shop.closure('elsewhere', 'foreign')
  const ran = shop.build('elsewhere', ':')
  expect(ran.stderr).toContain(
    `do-build: cannot run the script of elsewhere-1-1: its shell is for another kind of machine than this one, ${process.arch}\n  the seed, and so all that it builds, is for x86_64\n`,
  )
  expect(ran.status).toBe(2)
})

test('a build whose packages hold no shell is told so, not what bwrap says of it', async () => {
  await shop.pack('data', folder => writeFileSync(join(folder, 'data'), ''))
  shop.closure('shellless', 'data')
  const ran = shop.build('shellless', ':')
  expect(ran.stderr).toContain(
    "do-build: cannot run the script of shellless-1-1: no package that it names holds a /bin/sh\n  add one to buildDeps: 'seed'\n",
  )
  expect(ran.status).toBe(2)
})

test('an empty package is told as such', () => {
  shop.closure('empty', 'base')
  const note = 'empty-1-1: it is empty: nothing was installed below $DESTDIR\n'
  expect(shop.build('empty', ':').stderr).toContain(note)
  expect(shop.build('empty', 'echo >"$DESTDIR/x"').stderr).not.toContain(note)
})

test('of a program whose set-uid or set-gid bit is not packed, as no list has it, is told', () => {
  shop.closure('su', 'base')
  const install = 'mkdir "$DESTDIR/bin"; for one in su wall ls; do echo >"$DESTDIR/bin/$one"; done'
  const { stderr } = shop.build(
    'su',
    `${install}; chmod 4755 "$DESTDIR/bin/su"; chmod 2755 "$DESTDIR/bin/wall"`,
  )
  const notes = ['su', 'wall'].map(
    name => `su-1-1: "bin/${name}" is no longer set-uid or set-gid: setuid does not name it\n`,
  )
  expect(stderr).toContain(notes.join(''))
  expect(stderr).not.toContain('bin/ls')
})

test('a failed build is removed by the next one even when it made its folders read-only', () => {
  shop.closure('stubborn', 'base')
  shop.giveTo(process.getuid?.() === 0 ? ORDINARY : (process.getuid?.() ?? 0))
  const user = process.getuid?.() === 0 ? { user: ORDINARY } : {}
  const script = 'mkdir -p a/b; : >a/b/c; chmod 555 a/b a'
  expect(shop.build('stubborn', `${script}; false`, user).status).toBe(1)
  const again = shop.build('stubborn', script, user)
  expect(again.stderr).toContain('built stubborn-1-1')
  expect(names('stubborn')).toEqual(['.bclosure', '.log', '.pkg.tar.gz'])
})

test('a build that is killed takes all of its processes with it, and the next one sweeps up', async () => {
  shop.closure('killed', 'base')
  const child = shop.start('killed', `/bin/sleep ${LONG} & echo started; /bin/sleep ${LONG}`)
  const log = () => join(shop.work('killed'), 'log')
  await until(() => existsSync(log()) && readFileSync(log(), 'utf8') === 'started\n')
  await until(() => sleepers().length === 2)
  child.kill('SIGKILL')
  await until(() => sleepers().length === 0)
  expect(names('killed')).toEqual(['.bclosure', basename(shop.work('killed'))])
  await until(() => hasEnded(child.pid ?? 0))
  expect(shop.build('killed', ':').status).toBe(0)
  expect(names('killed')).toEqual(['.bclosure', '.log', '.pkg.tar.gz'])
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s ends a build at once and leaves nothing',
  async signal => {
    shop.closure('stopped', 'base')
    const child = shop.start('stopped', `echo started; /bin/sleep ${LONG}`)
    const log = () => join(shop.work('stopped'), 'log')
    await until(() => existsSync(log()) && readFileSync(log(), 'utf8') === 'started\n')
    const status = new Promise(resolve => child.once('exit', resolve))
    child.kill(signal)
    expect(await status).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal])
    await until(() => sleepers().length === 0)
    expect(names('stopped')).toEqual(['.bclosure'])
  },
)

test('two builds of one package at once do not harm each other', async () => {
  shop.closure('twice', 'base')
  const script = 'echo x >"$DESTDIR/x"; sleep 0.5'
  const both = [shop.start('twice', script), shop.start('twice', script)]
  const ends = both.map(child => new Promise(resolve => child.once('exit', resolve)))
  expect(await Promise.all(ends)).toEqual([0, 0])
  expect(names('twice')).toEqual(['.bclosure', '.log', '.pkg.tar.gz'])
})

test('builds that need the same new package at once unpack it without harm', async () => {
  await shop.pack('fresh', folder => writeFileSync(join(folder, 'fresh'), 'fresh\n'))
  const packages = ['one', 'two', 'three', 'four']
  for (const name of packages) shop.closure(name, 'base', 'fresh')
  const ends = packages.map(name => {
    const child = shop.start(name, 'cat /fresh')
    return new Promise(resolve => child.once('exit', resolve))
  })
  expect(await Promise.all(ends)).toEqual([0, 0, 0, 0])
  expect(readdirSync(join(shop.store, 'trees')).filter(name => name.startsWith('.'))).toEqual([])
})

test('the bytes of a package do not depend on user, umask, locale, jobs or folder', () => {
  const script =
    'umask; for i in 3 1 2; do echo $i >"$DESTDIR/$i"; done; ln "$DESTDIR/1" "$DESTDIR/0"; mkdir "$DESTDIR/d"; chmod 700 "$DESTDIR/d"'
  shop.closure('same', 'base')
  shop.closure('other', 'base')
  const bytes = (name: string): Buffer => readFileSync(join(shop.folder(name), '.pkg.tar.gz'))
  expect(shop.build('same', script).status).toBe(0)
  expect(
    shop.build('other', script, {
      umask: 0o077,
      env: { COOLPORTS_JOBS: '7', LANG: 'de_DE', UV_THREADPOOL_SIZE: '1' },
    }).status,
  ).toBe(0)
  expect(bytes('other').equals(bytes('same'))).toBe(true)
})

test.skipIf(process.getuid?.() !== 0)(
  'an ordinary user gets the same bytes as root, and sees the same (skipped when not root)',
  async () => {
    // A store of its own: what belongs to somebody else is nobody's in a sandbox.
    const shop = await Workshop.open()
    // A second package, so that the root is an overlay.
    await shop.pack('second', folder => writeFileSync(join(folder, 'second'), 'second\n'))
    shop.closure('rooted', 'base', 'second')
    const script =
      '{ id; stat -c "%U %a %n" / /bin /bin/busybox /etc /tmp /home/build /destdir; grep "^overlay / " /proc/mounts; } >"$DESTDIR/seen"; cp /bin/busybox "$DESTDIR/unread"; mkdir "$DESTDIR/closed"; : >"$DESTDIR/closed/x"; chmod 111 "$DESTDIR/unread" "$DESTDIR/closed"'
    expect(shop.build('rooted', script).status).toBe(0)
    const mine = readFileSync(join(shop.folder('rooted'), '.pkg.tar.gz'))
    shop.giveTo(ORDINARY)
    const ran = shop.build('rooted', script, { user: ORDINARY })
    expect(ran.stderr).toContain('built rooted-1-1')
    expect(readFileSync(join(shop.folder('rooted'), '.pkg.tar.gz')).equals(mine)).toBe(true)
    shop.close()
  },
)

test('a device, fifo or socket in DESTDIR is refused by its path, no package appears, and the folder is kept', () => {
  shop.closure('piped', 'base')
  const ran = shop.build('piped', 'mkdir "$DESTDIR/run"; mkfifo "$DESTDIR/run/pipe"')
  expect(ran.status).toBe(1)
  expect(
    ran.stderr,
  ).toContain(`do-build: cannot pack piped-1-1: it is a fifo; a package holds files, folders, symlinks and hard links alone
  entry "run/pipe"
`)
  expect(names('piped')).toEqual(['.bclosure', '.build.failed'])
})

test('a symlink that leads out of the package is refused: nobody could unpack it', () => {
  shop.closure('outward', 'base')
  const ran = shop.build('outward', 'mkdir "$DESTDIR/bin"; ln -s ../../usr/bin/x "$DESTDIR/bin/x"')
  expect(ran.status).toBe(1)
  expect(ran.stderr).toContain('it is a symlink that leads outside, to "../../usr/bin/x"')
})

test('folders too deep for any path, with names that are no UTF-8, are removed, of a build that went well and of one that was killed', () => {
  shop.closure('deep', 'base')
  // Two paths of 3,000 letters, of which one goes to the end of the other.
  const path = Array(30).fill('0'.repeat(100)).join('/')
  const deep = `mkdir -p a/${path} b/${path}; : >"a/$(printf '\\351')"; mv b a/${path}; chmod 555 a`
  expect(shop.build('deep', deep).stderr).toContain('built deep-1-1')
  expect(shop.build('deep', `${deep}; exit 1`).status).toBe(1)
  expect(shop.build('deep', ':').stderr).toContain('built deep-1-1')
  expect(names('deep')).toEqual(['.bclosure', '.log', '.pkg.tar.gz'])
})

test('a build sees no time of its sources, and no empty folder of files/', () => {
  shop.closure('timeless', 'base')
  const folder = shop.folder('timeless')
  writeFileSync(join(folder, '.fetch'), shop.source('c.txt', 'text of c\n'))
  mkdirSync(join(folder, 'files/full/deep'), { recursive: true })
  mkdirSync(join(folder, 'files/full/empty'))
  mkdirSync(join(folder, 'files/none'))
  writeFileSync(join(folder, 'files/full/deep/x'), '')
  const script = ': >"$DESTDIR/x"; stat -c %Y /sources/c.txt; cd /files; find . | sort'
  const ran = shop.build('timeless', script, {
    args: ['--fetch', '.fetch', '--files', 'files'],
    env: { COOLPORTS_VERBOSE: '1' },
  })
  expect(ran.stderr).toContain('\n1609459200\n.\n./full\n./full/deep\n./full/deep/x\nbuilt ')
})

test('a sandbox whose trees were freed is not entered, and it is said what to do', () => {
  shop.closure('freed', 'base')
  expect(shop.build('freed', 'exit 1').status).toBe(1)
  const spec = join(shop.folder('freed'), '.build.failed/sandbox.json')
  const gone = join(shop.store, 'trees', 'ab'.repeat(32))
  writeFileSync(spec, readFileSync(spec, 'utf8').replace(/"[^"]*\/trees\/[0-9a-f]*"/, JSON.stringify(gone)))
  const entered = shop.run('freed', ['--enter', '.build.failed', '--', 'true'])
  expect(
    entered.stderr,
  ).toBe(`do-build: cannot enter the sandbox of freed-1-1: the store does not have what its root was made of any more
  gone ${gone}
  build it again
`)
  expect(entered.status).toBe(2)
})

test('everything that is missing is named before anything runs', () => {
  writeFileSync(
    join(shop.folder('lacking'), '.bclosure'),
    '../base/.pkg.tar.gz\n../absent/.pkg.tar.gz\n\n../void/.pkg.tar.gz\n',
  )
  const digest = 'ab'.repeat(32)
  writeFileSync(join(shop.folder('lacking'), '.fetch'), `file: x.tar\nsha256: ${digest}\n`)
  const ran = shop.build('lacking', 'echo ran', { args: ['--fetch', '.fetch'] })
  expect(ran.status).toBe(2)
  expect(ran.stderr).toBe(`do-build: cannot put the root together: "../absent/.pkg.tar.gz" does not exist
  named in .bclosure
  build it first; an emitted rule does so by redo-ifchange
do-build: cannot put the root together: "../void/.pkg.tar.gz" does not exist
  named in .bclosure
  build it first; an emitted rule does so by redo-ifchange
do-build: cannot show the source "x.tar": it is not in the store
  sha256 ${digest}
  store  ${shop.store}/distfiles/${digest}
  fetch it first, with bin/do-fetch
`)
  expect(names('lacking')).toEqual(['.bclosure', '.fetch'])
})

test('without bwrap the command that installs it is named', () => {
  shop.closure('boxless', 'base')
  const empty = join(shop.root, 'empty')
  mkdirSync(empty)
  symlinkSync('/bin/sh', join(empty, 'sh'))
  const ran = shop.build('boxless', ':', { env: { PATH: empty } })
  expect(ran.status).toBe(2)
  expect(ran.stderr).toMatch(
    /^do-build: cannot run a build in a sandbox: bwrap is not on PATH\n {2}.*bubblewrap/,
  )
})

test('a package whose tar is not the one that it names is refused and gets no tree', async () => {
  const file = await shop.pack('forged', folder => writeFileSync(join(folder, 'x'), 'x\n'))
  const bytes = readFileSync(file)
  const wrong = 'f'.repeat(64)
  bytes.write(wrong, 21, 'latin1')
  writeFileSync(file, bytes)
  shop.closure('victim', 'base', 'forged')
  const ran = shop.build('victim', ':')
  expect(ran.status).toBe(2)
  expect(ran.stderr).toContain(
    'cannot unpack ../forged/.pkg.tar.gz: the sha256 of its tar is not the one that it names',
  )
  expect(ran.stderr).toContain(`want ${wrong}`)
  expect(readdirSync(join(shop.store, 'trees')).filter(name => name.includes(wrong))).toEqual([])
})

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2000) throw new Error('it never came to that')
    await after(25)
  }
}

/** The processes on this machine that sleep LONG. */
function sleepers(): readonly string[] {
  return readdirSync('/proc').filter(pid => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `/bin/sleep\0${LONG}\0`
    } catch {
      return false
    }
  })
}
