import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hasEnded } from '../../core/process.ts'

// What redo must survive. A tree of targets, each the sum of a source and of earlier targets, tells by
// itself whether every target is right.

const root = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'redo-faults-'))
/** Kills of one tree, and after how many of them the tree is looked at. */
const kills = 50
const killsPerLook = 5
/** A folder on another file system than that of our trees. */
const otherDisk = ['/dev/shm', '/var/tmp', root].find(
  folder => existsSync(folder) && statSync(folder).dev !== statSync(scratch).dev,
)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('kill -9 at random moments leaves a state from which the next run is right', async () => {
  const tree = sums(500)
  for (let kill = 1; kill <= kills; kill += 1) {
    // Most of what is above it must be built again: there is something to interrupt.
    writeFileSync(join(tree, `${(kill * 37) % 250}.src`), `${kill}\n`)
    const run = start(tree)
    await sleep(60 + Math.random() * 600)
    run.kill('SIGKILL')
    await ended(run)
    if (kill % killsPerLook > 0) continue
    const next = finish(tree)
    expect(next.status, next.stderr).toBe(0)
    expect(next.stderr).not.toContain('you modified it')
    expect(wrong(tree)).toEqual([])
    expect(remains(tree)).toEqual([])
    expect(finish(tree).stderr).toBe('')
  }
}, 300_000)

test.skipIf(!existsSync('/proc/self/environ'))(
  'what a killed run left, scripts that go on and what they were making, the next one does away with',
  async () => {
    const tree = empty()
    const script = "mkdir $3; : >$3/part; sh -c 'echo $$ >pid; : >began; exec sleep 60'\n"
    writeFileSync(join(tree, 'x.do'), script)
    writeFileSync(join(tree, 'y.do'), 'echo y >$3\n')
    const run = start(tree, 'x')
    while (!existsSync(join(tree, 'began'))) await sleep(20)
    run.kill('SIGKILL')
    await ended(run)
    const left = Number(readFileSync(join(tree, 'pid'), 'utf8'))
    expect([remains(tree).length > 1, hasEnded(left)]).toEqual([true, false])
    expect(finish(tree, 'y').status).toBe(0)
    expect(remains(tree)).toEqual([])
    for (let waits = 0; !hasEnded(left) && waits < 200; waits += 1) await sleep(50)
    expect(hasEnded(left)).toBe(true)
  },
  60_000,
)

test('a spoiled list of what a run had begun, as after a crash of the machine, stops no later run', () => {
  const tree = empty()
  mkdirSync(join(tree, '.redo/run-1'))
  writeFileSync(
    join(tree, '.redo/run-1/begun'),
    '\0\0\0\n"x.redo-1.tmp"\n7\n["x","all.do"]\n["x","x.redo-1.tmp"]\n',
  )
  for (const name of ['x.redo-1.tmp', 'all.do']) writeFileSync(join(tree, name), '')
  expect(finish(tree).status).toBe(0)
  expect(remains(tree)).toEqual([])
})

test.each([
  ['the tree', '.', '256K'],
  ['.redo', '.redo', '32K'],
])(
  'a full disk under %s ends the run with a sentence, and the next one with room is right',
  (_, place, room) => {
    const prepared = sums(300)
    const mounted = mkdtempSync(join(scratch, 'mounted-'))
    const results = mkdtempSync(join(scratch, 'results-'))
    // What is left of the disk is less than 300 targets, or their records, need.
    const script = `
      cp -R '${prepared}/.' '${mounted}'
      cat /dev/zero 2>/dev/null >${place}/ballast; truncate -s -${room} ${place}/ballast
      for run in first second third; do
        "$@" 2>'${results}/'$run; echo $? >>'${results}/codes'
        rm -f ${place}/ballast
      done
      cp -R . '${results}/tree'`
    const disk = place === '.' ? mounted : join(mounted, place)
    if (place !== '.') mkdirSync(disk)
    const sandbox = ['--dev-bind', '/', '/', '--size', `${16 << 20}`, '--tmpfs', disk, '--chdir', mounted]
    const words = [...sandbox, 'sh', '-c', script, 'sh', process.execPath, ...command('all')]
    const { stderr } = spawnSync('bwrap', words, { encoding: 'utf8', env: environment() })
    const said = (run: string) => readFileSync(join(results, run), 'utf8')
    expect(stderr).toBe('')
    expect(said('first')).toContain('redo: cannot go on: ENOSPC: no space left on device')
    expect(said('first')).not.toContain('this is a bug')
    expect(said('second')).not.toContain('you modified it')
    expect(said('third')).toBe('')
    expect(said('codes')).toMatch(/^[12]\n0\n0\n$/)
    const tree = join(results, 'tree')
    expect(wrong(tree)).toEqual([])
    expect(remains(tree)).toEqual([])
  },
  60_000,
)

test.each([
  ['with books', true],
  ['without', false],
])('a tree that may only be read, %s, is told as such', (_, isKnown) => {
  const tree = empty()
  writeFileSync(join(tree, 'all.do'), ':\n')
  if (isKnown) mkdirSync(join(tree, '.redo'), { recursive: true })
  else rmSync(join(tree, '.redo'), { recursive: true, force: true })
  const words = ['--dev-bind', '/', '/', '--ro-bind', tree, tree, '--chdir', tree]
  const run = spawnSync('bwrap', [...words, process.execPath, ...command('all')], {
    encoding: 'utf8',
    env: environment(),
  })
  expect([run.status, run.stderr]).toEqual([
    2,
    `redo: cannot build in "${tree}": its folder .redo cannot be written (EROFS)\n  build in a tree of your own, such as a clone\n`,
  ])
})

test('a question for which the disk has no room fails, and is not asked in part', () => {
  const tree = empty()
  const names = Array.from({ length: 3000 }, (_, at) => `a-source-with-a-long-name-${at}`)
  for (const name of names) writeFileSync(join(tree, name), '')
  writeFileSync(join(tree, 'list'), names.map(name => `${name}\n`).join(''))
  // Who asks in a subshell takes a fifo for it, of which there are not so many.
  const tries =
    'for try in 1 2 3 4 5 6 7 8; do (redo-ifchange $(cat list)) || (redo-ifchange $(cat list)) || :; done'
  writeFileSync(join(tree, 'all.do'), `${tries}; ${tries}\nredo-ifchange $(cat list)\n`)
  expect(finish(tree).status).toBe(0)
  // All is on record, and a new record of the target has room; the names themselves have not.
  const saved = mkdtempSync(join(scratch, 'saved-'))
  cpSync(join(tree, '.redo'), saved, { recursive: true })
  const script = `
    cp -R '${saved}/.' .redo
    cat /dev/zero 2>/dev/null >.redo/ballast; truncate -s -60K .redo/ballast
    echo : >>all.do
    "$@"; echo $?; rm .redo/ballast; "$@"; echo $?`
  const disk = [
    '--dev-bind',
    '/',
    '/',
    '--size',
    `${1 << 20}`,
    '--tmpfs',
    join(tree, '.redo'),
    '--chdir',
    tree,
  ]
  const words = [...disk, 'sh', '-c', script, 'sh', process.execPath, ...command('all')]
  const run = spawnSync('bwrap', words, { encoding: 'utf8', env: environment(), timeout: 40_000 })
  expect(run.stderr).toContain('redo: cannot ask for anything: it cannot be written below ')
  expect(run.stdout).toBe('1\n0\n')
}, 60_000)

test('a run that cannot keep its books kills its scripts, shows what they said, and says why', async () => {
  const tree = empty()
  writeFileSync(join(tree, 'slow.do'), "sh -c 'echo $$ >pid; : >began; exec sleep 60'\n")
  // The file that the first record would make.
  const script = 'until [ -e began ]; do sleep 0.05; done; printf half >&2; mkdir .redo/state\n'
  writeFileSync(join(tree, 'bad.do'), script)
  writeFileSync(join(tree, 'all.do'), 'redo-ifchange bad slow\n')
  const { status, stderr } = finish(tree, 'all', '-j2', '--progress')
  expect(status).toBe(2)
  expect(stderr).toMatch(/half\n?redo: cannot go on: EISDIR: [^\n]*\n {2}what was built is kept; [^\n]*\n$/)
  const left = Number(readFileSync(join(tree, 'pid'), 'utf8'))
  for (let waits = 0; !hasEnded(left) && waits < 200; waits += 1) await sleep(50)
  expect(hasEnded(left)).toBe(true)
}, 60_000)

test('a terminated run ends its scripts, keeps no lock and leaves no temporary file', async () => {
  const tree = empty()
  writeFileSync(join(tree, 'x.do'), ': >began; echo part >$3; sleep 30; echo x >$3\n')
  const run = start(tree, 'x')
  while (!existsSync(join(tree, 'began'))) await sleep(20)
  run.kill('SIGTERM')
  expect(await ended(run)).toBe('SIGTERM')
  expect(readdirSync(tree).sort()).toEqual(['.redo', 'began', 'x.do'])
  expect(
    readdirSync(join(tree, '.redo')).filter(name => name.startsWith('lock') || name.startsWith('run-')),
  ).toEqual([])
}, 60_000)

test('a signal that comes twice at once, as of a group, is one; one that comes later kills', async () => {
  const stopped = async (pause: number): Promise<boolean> => {
    const tree = empty()
    const script = "trap 'sleep 1; : >mourned; exit 1' TERM; : >began; sleep 30 & wait\n"
    writeFileSync(join(tree, 'x.do'), script)
    const run = start(tree, 'x')
    while (!existsSync(join(tree, 'began'))) await sleep(20)
    run.kill('SIGTERM')
    await sleep(pause)
    run.kill('SIGTERM')
    expect(await ended(run)).toBe('SIGTERM')
    return existsSync(join(tree, 'mourned'))
  }
  expect(await stopped(20)).toBe(true)
  expect(await stopped(400)).toBe(false)
}, 60_000)

test.skipIf(!existsSync('/proc/self/stat'))(
  'a script whose shell is killed alone ends, and leaves nothing',
  async () => {
    const tree = empty()
    writeFileSync(
      join(tree, 'x.do'),
      'read -r _ _ _ parent _ </proc/self/stat; kill -9 $parent; sleep 0.5; echo x >$3\n',
    )
    writeFileSync(join(tree, 'all.do'), 'redo-ifchange x || :; sleep 1\n')
    const { stderr } = finish(tree)
    expect(stderr).toContain('"x.do" was ended by SIGKILL')
    await sleep(500)
    expect(readdirSync(tree).sort()).toEqual(['.redo', 'all.do', 'x.do'])
  },
)

test('two runs at once build each target once', async () => {
  const tree = sums(60)
  for (let at = 0; at < 60; at += 1) {
    const file = join(tree, `${at}.t.do`)
    writeFileSync(file, `echo x >>${at}.runs\n${readFileSync(file, 'utf8')}`)
  }
  const codes = await Promise.all([start(tree), start(tree)].map(ended))
  expect(codes).toEqual([0, 0])
  expect(wrong(tree)).toEqual([])
  const twice = readdirSync(tree).filter(
    name => name.endsWith('.runs') && readFileSync(join(tree, name), 'utf8') !== 'x\n',
  )
  expect(twice).toEqual([])
}, 120_000)

test.each([
  ['and ends well', 'redo-ifchange a & sleep 0.3; echo t >$3\n', 0],
  ['and fails', 'redo-ifchange a &\nredo-ifchange bad &\nwait $!\nwait\n', 1],
])(
  'what a script asked for in the background, %s, is built to its end before the run ends',
  (_, script, status) => {
    const tree = empty()
    writeFileSync(join(tree, 't.do'), script)
    writeFileSync(join(tree, 'a.do'), 'sleep 1; redo-ifchange src; echo a >>runs; echo a >$3\n')
    writeFileSync(join(tree, 'bad.do'), 'sleep 0.3; exit 1\n')
    writeFileSync(join(tree, 'src'), '')
    const run = finish(tree, 't')
    expect(run.stderr).not.toContain('cannot go on')
    expect(run.stderr).not.toContain('cannot reach')
    expect(run.status).toBe(status)
    expect(remains(tree)).toEqual([])
    expect(finish(tree, 'a')).toMatchObject({ status: 0, stderr: '' })
    expect(readFileSync(join(tree, 'runs'), 'utf8')).toBe('a\n')
  },
  60_000,
)

test('what a script asked for in the background and was not begun when it ended is not built', () => {
  const tree = empty()
  writeFileSync(join(tree, 't.do'), 'redo-ifchange a & sleep 0.3; redo-ifchange b & sleep 0.3; echo t >$3\n')
  writeFileSync(join(tree, 'a.do'), 'sleep 1.5; echo a >$3\n')
  writeFileSync(join(tree, 'b.do'), 'echo b >$3\n')
  expect(finish(tree, 't', '-j1').status).toBe(0)
  expect(readdirSync(tree).sort()).toEqual(['.redo', 'a', 'a.do', 'b.do', 't', 't.do'])
}, 60_000)

test('what a script asked for before it ended is said where another one waits for it', () => {
  const tree = empty()
  writeFileSync(join(tree, 'all.do'), 'redo-ifchange t u\n')
  // One token is with "hold", one with u until it asks: "a" is queued when t ends.
  writeFileSync(
    join(tree, 't.do'),
    'redo-ifchange hold & sleep 0.3; redo-ifchange a & sleep 0.3; echo t >$3\n',
  )
  writeFileSync(join(tree, 'u.do'), 'sleep 1.5; redo-ifchange a; cat a >$3\n')
  writeFileSync(join(tree, 'hold.do'), 'sleep 3\n')
  writeFileSync(join(tree, 'a.do'), 'echo said >&2; echo a >$3\n')
  const run = finish(tree)
  expect(run.status).toBe(0)
  expect(run.stderr).toContain('redo    u\nredo      a\nsaid\n')
}, 60_000)

test.each([
  ['is empty', () => '', ''],
  ['is of another version', () => 'coolports redo state 0\n', 'it is of another version'],
  ['is not text', () => '\0\u0001\u0002', 'it is of another version'],
  ['lost its middle', (text: string) => text.slice(0, 200) + text.slice(300), 'the block at byte'],
  ['has another byte somewhere', (text: string) => text.replace('.src', '.srd'), 'the block at byte'],
])(
  'a state that %s costs a rebuild, never a wrong result',
  (_, damage, why) => {
    const tree = sums(20)
    expect(finish(tree).status).toBe(0)
    const state = join(tree, '.redo/state')
    writeFileSync(state, damage(readFileSync(state, 'utf8')))
    writeFileSync(join(tree, '3.src'), '4711\n')
    const { status, stderr } = finish(tree)
    expect(status).toBe(0)
    const [, said = ''] =
      /^redo: cannot use the state in ".redo\/state": (.*); everything is/m.exec(stderr) ?? []
    expect([said !== '', said]).toEqual([why !== '', expect.stringContaining(why)])
    expect(wrong(tree)).toEqual([])
    expect(finish(tree).stderr).toBe('')
  },
  60_000,
)

test('wherever the state is cut or put back to, as a machine that goes down may leave it, no target is taken for changed by hand', () => {
  const tree = sums(8)
  finish(tree)
  const state = join(tree, '.redo/state')
  const old = readFileSync(state)
  for (const round of [1, 2]) {
    writeFileSync(join(tree, `${round}.src`), `${round * 1000}\n`)
    finish(tree)
  }
  const whole = readFileSync(state)
  const step = Math.ceil(whole.length / 20)
  const cuts = Array.from({ length: 20 }, (_, at) => whole.subarray(0, whole.length - at * step))
  for (const [at, bytes] of [...cuts, old].entries()) {
    writeFileSync(state, bytes)
    writeFileSync(join(tree, `${at % 8}.src`), `${at * 17}\n`)
    const { status, stderr } = finish(tree)
    expect([status, wrong(tree)], stderr).toEqual([0, []])
    expect(stderr).not.toContain('you modified it')
  }
}, 60_000)

test('a state that was cut short loses no target', () => {
  const tree = sums(20)
  expect(finish(tree).status).toBe(0)
  const state = join(tree, '.redo/state')
  const bytes = readFileSync(state)
  writeFileSync(state, bytes.subarray(0, bytes.length - 30))
  writeFileSync(join(tree, '0.src'), '4711\n')
  expect(finish(tree).status).toBe(0)
  expect(wrong(tree)).toEqual([])
}, 60_000)

test('a client whose coordinator is gone says so and fails', async () => {
  const tree = empty()
  writeFileSync(join(tree, 'x.do'), ': >began; sleep 1; sh -c "redo-ifchange y" 2>said || echo $? >status\n')
  const run = start(tree, 'x')
  while (!existsSync(join(tree, 'began'))) await sleep(20)
  run.kill('SIGKILL')
  for (let waits = 0; !existsSync(join(tree, 'status')) && waits < 200; waits += 1) await sleep(50)
  expect(readFileSync(join(tree, 'said'), 'utf8')).toContain('it is gone')
}, 60_000)

test.each(['redo-ifchange', 'redo-ifcreate', 'redo-always', 'redo-stamp'])(
  '%s says that its run is gone where nothing is left of that',
  command => {
    const ended = spawnSync(join(root, 'bin/redo', command), ['x'], {
      env: {
        ...process.env,
        REDO_RUN: join(empty(), 'run-1'),
        REDO_PID: '999999999',
        REDO_JOB: '1',
        REDO_SLOT: '0',
      },
      encoding: 'utf8',
    })
    expect(ended.stderr).toBe('redo: cannot reach the coordinator of this run: it is gone\n')
    expect(ended.status).toBe(2)
  },
)

test.skipIf(otherDisk === undefined)(
  'a target on another file system than .redo is ours after it was made from stdout, as from $3',
  () => {
    const tree = empty()
    const other = mkdtempSync(join(otherDisk ?? '', 'redo-faults-'))
    try {
      symlinkSync(other, join(tree, 'out'))
      writeFileSync(join(tree, 'source'), '1\n')
      const script = `redo-ifchange ${join(tree, 'source')}; cat ${join(tree, 'source')}`
      writeFileSync(join(other, 'stdout.do'), `${script}\n`)
      writeFileSync(join(other, 'file.do'), `${script} >$3\n`)
      writeFileSync(join(tree, 'all.do'), 'redo-ifchange out/stdout out/file\n')
      for (const text of ['1\n', '2\n', '3\n']) {
        writeFileSync(join(tree, 'source'), text)
        expect(finish(tree).stderr).not.toContain('you modified it')
        expect(['stdout', 'file'].map(name => readFileSync(join(other, name), 'utf8'))).toEqual([text, text])
        expect(finish(tree)).toMatchObject({ status: 0, stderr: '' })
      }
      expect(readdirSync(other).sort()).toEqual(['file', 'file.do', 'stdout', 'stdout.do'])
    } finally {
      rmSync(other, { recursive: true })
    }
  },
)

test('a .do that cannot be read or started fails its target, and the others are built', () => {
  const tree = empty()
  symlinkSync('/proc/self/mem', join(tree, 'unread.do'))
  writeFileSync(join(tree, 'nobody.do'), '#!/etc/passwd/x\necho text >$3\n')
  writeFileSync(join(tree, 'missing.do'), '#!/nowhere/x\necho text >$3\n')
  writeFileSync(join(tree, 'good.do'), 'echo text >$3\n')
  writeFileSync(join(tree, 'all.do'), 'redo-ifchange -k unread nobody missing good\n')
  const run = finish(tree)
  expect(run.status).toBe(1)
  for (const name of ['unread', 'nobody', 'missing'])
    expect(run.stderr).toContain(`redo: cannot build "${name}": "${name}.do" can not be started: `)
  expect(run.stderr).toContain('can not be started: "/nowhere/x": there is no such file\n')
  expect(run.stderr).not.toContain('cannot go on')
  expect(readFileSync(join(tree, 'good'), 'utf8')).toBe('text\n')
  expect(remains(tree)).toEqual([])
}, 60_000)

test.each([
  ['in a shell that stays', 'echo text >$3\n'],
  ['as a program of its own', '#!/bin/sh\necho $$ >$3\n'],
])('a limit of open files that is too low for a script %s is told, with what to do', (_, script) => {
  const tree = empty()
  writeFileSync(join(tree, 'all.do'), script)
  const words = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, ...command('all')]
  const run = spawnSync('sh', words, { cwd: tree, encoding: 'utf8', env: environment() })
  expect(run.status).toBeGreaterThan(0)
  expect(run.stderr).toMatch(/: the limit of open files is too low for .*: raise it, as by ulimit -n 1024\n/)
})

test('what is stamped may be larger than a file that node reads in one piece', () => {
  const tree = empty()
  // The holes of a file in memory are read fast, and take no room.
  const other = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : scratch, 'redo-faults-'))
  try {
    writeFileSync(
      join(tree, 'x.do'),
      `truncate -s 2049M ${other}/large; ln -s ${other}/large $3; redo-stamp <$3\n`,
    )
    expect(finish(tree, 'x')).toMatchObject({ status: 0, stderr: 'redo  x\n' })
  } finally {
    rmSync(other, { recursive: true })
  }
}, 60_000)

test.each([
  ['Operation not permitted', 'the file system has no fifos: the tree has to lie on another one'],
  ['No space left on device', 'what was built is kept; when that is mended, run it again'],
])('a run that can have no fifo is refused with what mkfifo said, %s, and what to do', (said, remedy) => {
  const tree = empty()
  writeFileSync(join(tree, 'all.do'), ': >went-on\n')
  // In place of a file system that has none, such as sshfs.
  const line = `mkfifo: cannot create fifo 'ask': ${said}`
  const run = finishWith('mkfifo', `echo "${line}" >&2\necho "and once more" >&2\nexit 1\n`, tree)
  expect([run.status, run.stderr]).toEqual([2, `redo: cannot go on: ${line}\n  ${remedy}\n`])
  expect(existsSync(join(tree, 'went-on'))).toBe(false)
})

test('Ctrl-C while the fifos are made ends the run by that signal, and not as trouble', () => {
  const tree = empty()
  writeFileSync(join(tree, 'all.do'), 'sleep 5; : >went-on\n')
  // The group of the run is that of its mkfifo, and gets the signal when some are there.
  const fake = `PATH=$OTHERS
[ ! -e ${tree}/tried ] || exec mkfifo "$@"
: >${tree}/tried
mkfifo ask
kill -s INT $PPID $$
`
  const run = finishWith('mkfifo', fake, tree)
  expect([run.signal, run.stderr]).toEqual(['SIGINT', expect.not.stringContaining('cannot')])
  expect(existsSync(join(tree, 'went-on'))).toBe(false)
})

test('a signal to a run ends a script, too, that its shell has yet to begin', () => {
  const tree = empty()
  writeFileSync(join(tree, 'all.do'), ': >went-on\n')
  // A shell that has its trap for signals, and has not forked yet.
  const late = `case $2 in
redo_line=*)
  trap : TERM
  kill -s INT "$REDO_PID"
  sleep 1
  ;;
esac
exec /bin/sh "$@"
`
  const { signal } = finishWith('sh', late, tree)
  expect(signal).toBe('SIGINT')
  expect(existsSync(join(tree, 'went-on'))).toBe(false)
})

test('a run that cannot go on ends its scripts, also when it had just begun them', async () => {
  const tree = empty()
  // In the place of the log of "b" is what cannot be replaced by one.
  mkdirSync(join(tree, '.redo/log/b.log'), { recursive: true })
  writeFileSync(join(tree, 'a.do'), 'sleep 1\n: >went-on\n')
  writeFileSync(join(tree, 'b.do'), 'echo text >$3\n')
  const run = spawnSync(process.execPath, [...command('a'), 'b'], {
    cwd: tree,
    encoding: 'utf8',
    env: environment(),
  })
  expect([run.status, run.stderr]).toEqual([2, expect.stringContaining('redo: cannot go on: ')])
  await sleep(2000)
  expect(existsSync(join(tree, 'went-on'))).toBe(false)
}, 60_000)

test.skipIf(!existsSync('/proc/thread-self/children')).each([
  ['its subshell', 'SIGTERM'],
  ['its subshell', 'SIGKILL'],
  ['itself', 'SIGKILL'],
] as const)(
  'a shell that waits for a script may be killed: %s, by %s',
  async (whom, signal) => {
    const tree = empty()
    writeFileSync(
      join(tree, 'a.do'),
      "sh -c 'echo $PPID' >busy\nredo-ifchange b\n: >ready\nwhile [ ! -e go ]; do sleep 0.02; done\nredo-ifchange c d e\ncat b c d e >$3\n",
    )
    writeFileSync(join(tree, 'default.do'), 'echo "$1" >$3\n')
    const run = start(tree, 'a')
    while (!existsSync(join(tree, 'ready'))) await sleep(20)
    const busy = Number(readFileSync(join(tree, 'busy'), 'utf8'))
    const shells = () => childrenOf(run.pid ?? 0).filter(shell => childrenOf(shell).length > 0)
    // The one that has built b forks its next subshell.
    while (shells().length < 2) await sleep(5)
    const idle = shells().filter(shell => !childrenOf(shell).includes(busy))
    expect(idle.length).toBe(1)
    // Until the run knows of its end: a script that it was given before fails. A subshell that was forked just now may
    // still take a SIGTERM as its shell would, which goes on.
    for (const shell of idle)
      for (; existsSync(`/proc/${shell}`); await sleep(5))
        spawnSync('kill', [
          '-s',
          signal.slice(3),
          ...(whom === 'itself' ? [`${shell}`] : childrenOf(shell).map(String)),
        ])
    writeFileSync(join(tree, 'go'), '')
    await ended(run)
    expect([run.exitCode, readFileSync(join(tree, 'a'), 'utf8')]).toEqual([0, 'b\nc\nd\ne\n'])
  },
  60_000,
)

test('a target that cannot be put in place is a failure, and the old one stays', () => {
  const tree = empty()
  mkdirSync(join(tree, 'x'))
  writeFileSync(join(tree, 'x.do'), 'echo text >$3\n')
  const run = finish(tree, 'x')
  expect(run.status).toBe(1)
  expect(run.stderr).toContain('the target is a folder')
})

test('a target that was a file and is made a folder by its script is a mere name from then on', () => {
  const tree = empty()
  const script = (body: string) => writeFileSync(join(tree, 'x.do'), `redo-ifchange s\n${body}\n`)
  writeFileSync(join(tree, 's'), '')
  script('echo text >$3')
  expect(finish(tree, 'x').status).toBe(0)
  script('rm -rf x; mkdir x; : >x/inner')
  for (const said of ['redo  x\n', '']) expect(finish(tree, 'x')).toMatchObject({ status: 0, stderr: said })
  expect(readdirSync(join(tree, 'x'))).toEqual(['inner'])
  script('rm -rf x')
  for (const said of ['redo  x\n', '']) expect(finish(tree, 'x')).toMatchObject({ status: 0, stderr: said })
})

test('a script that writes to stdout has to make the folder of its target', () => {
  const tree = empty()
  writeFileSync(join(tree, 'default.x.do'), 'echo text\n')
  const run = finish(tree, 'no/such/file.x')
  expect(run.stderr).toContain('made what cannot be put at "no/such/file.x": there is no such folder\n')
  expect(run.status).toBe(1)
  writeFileSync(join(tree, 'default.x.do'), 'mkdir -p "${1%/*}"; echo text\n')
  expect(finish(tree, 'no/such/file.x').status).toBe(0)
})

function childrenOf(pid: number): readonly number[] {
  const list = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(list)) return []
  return readFileSync(list, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

function empty(): string {
  const tree = mkdtempSync(join(scratch, 'tree-'))
  mkdirSync(join(tree, '.redo'))
  return tree
}

/** Targets 0.t … , each a sum of a source and of up to three earlier targets; no script starts a program. */
function sums(count: number): string {
  const tree = empty()
  for (let at = 0; at < count; at += 1) {
    const inputs = inputsOf(at)
    writeFileSync(join(tree, `${at}.src`), `${at}\n`)
    writeFileSync(
      join(tree, `${at}.t.do`),
      `redo-ifchange ${inputs.join(' ')}\ns=7\n` +
        `for input in ${inputs.join(' ')}; do read -r n <$input; s=$(((s * 31 + n) % 1000003)); done\necho $s >$3\n`,
    )
  }
  const all = Array.from({ length: count }, (_, at) => `${at}.t`)
  writeFileSync(join(tree, 'all.do'), `redo-ifchange ${all.join(' ')}\n`)
  return tree
}

function inputsOf(at: number): readonly string[] {
  const earlier = at === 0 ? [] : [(at * 7) % at, (at * 13 + 5) % at, at - 1]
  return [`${at}.src`, ...[...new Set(earlier)].map(one => `${one}.t`)]
}

/** The targets that are not the sum of their inputs. */
function wrong(tree: string): readonly string[] {
  const read = (name: string) => readFileSync(join(tree, name), 'utf8')
  return readdirSync(tree)
    .filter(name => name.endsWith('.t.do'))
    .map(name => Number.parseInt(name, 10))
    .filter(at => {
      const sum = inputsOf(at).reduce((sum, input) => (sum * 31 + Number(read(input))) % 1000003, 7)
      return !existsSync(join(tree, `${at}.t`)) || read(`${at}.t`) !== `${sum}\n`
    })
    .map(at => `${at}.t`)
}

/** What a run should have taken away. */
function remains(tree: string): readonly string[] {
  return [...readdirSync(tree), ...readdirSync(join(tree, '.redo'))].filter(name =>
    /\.tmp$|^run-|^lock/.test(name),
  )
}

/** The coordinator itself, so that a signal reaches it. */
function start(tree: string, target = 'all'): ChildProcess {
  return spawn(process.execPath, command(target), { cwd: tree, stdio: 'ignore', env: environment() })
}

function finish(
  tree: string,
  target = 'all',
  ...options: readonly string[]
): { readonly status: number | null; readonly stderr: string } {
  return spawnSync(process.execPath, command(target, ...options), {
    cwd: tree,
    encoding: 'utf8',
    env: environment(),
  })
}

/** The same of `all`, where a script of ours is the program of this name, $OTHERS is the PATH of the others. */
function finishWith(name: string, text: string, tree: string): ReturnType<typeof spawnSync> {
  const { PATH: others } = process.env
  mkdirSync(join(tree, 'bin'))
  writeFileSync(join(tree, 'bin', name), `#!/bin/sh\n${text}`, { mode: 0o755 })
  return spawnSync(process.execPath, command('all'), {
    cwd: tree,
    encoding: 'utf8',
    env: { ...environment(), PATH: `${join(tree, 'bin')}:${others}`, OTHERS: others },
  })
}

function command(target: string, ...options: readonly string[]): string[] {
  const given = options.length === 0 ? ['-j2'] : options
  return [join(root, 'dist/redo.js'), join(root, 'bin/redo'), 'do', ...given, target]
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(REDO|MAKE|MFLAGS|NODE_EXTRA)/.test(name)),
  )
}

function ended(run: ChildProcess): Promise<number | NodeJS.Signals | null> {
  // A run that was faster than its killer has ended before anybody listens.
  const already = run.exitCode ?? run.signalCode
  if (already !== null) return Promise.resolve(already)
  return new Promise(done => run.once('exit', (code, signal) => done(code ?? signal)))
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise(done => setTimeout(done, milliseconds))
}
