import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test, vi } from 'vitest'
import { formatProcess, nameOf } from '../../core/process-name.ts'

// A second run in a tree is a guest of the first: what people may count on when they are one.

const root = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'redo-guests-'))

/** Options of unshare: the process is the first of its kind, and sees no other. */
const CONTAINER = ['-rpf', '--mount-proc', '--kill-child']

/** In a script: waits for that file, or for the end of the tree. */
const untilGo = 'until [ -e go ] || [ ! -e slow.do ]; do sleep 0.05; done'

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('a guest prints all that was built for it said, also when the host has nothing else to do', async () => {
  for (const pause of ['0.3', '0.35', '0.4']) {
    const tree = treeOf({
      'slow.do': `: >began; sleep 0.3; echo host >$3\n`,
      't.do': `sleep ${pause}; echo t done >&2; exit 1\n`,
    })
    const host = start(tree, ['slow'])
    await file(tree, 'began')
    const guest = await start(tree, ['t']).ended
    expect(guest).toMatchObject({ end: 1 })
    expect(guest.stderr).toContain('t done\n')
    expect(guest.stderr).toContain('"t.do" ended with exit status 1')
    expect(guest.stderr).not.toContain('No such file')
    expect(guest.stderr).not.toContain('rror')
    expect(await host.ended).toMatchObject({ end: 0 })
  }
}, 60_000)

test('a guest is told that what it waited for has failed, also when it was built for others', async () => {
  const tree = treeOf({
    'all.do': 'redo-ifchange mid other\n',
    'mid.do': 'redo-ifchange bad\n',
    'other.do': 'redo-ifchange bad\n',
    'bad.do': `: >began; ${untilGo}; echo oops >&2; exit 3\n`,
    'slow.do': '',
  })
  const host = start(tree, ['-k', '-j3', 'all'])
  await file(tree, 'began')
  const guest = start(tree, ['bad'])
  await sleep(500)
  writeFileSync(join(tree, 'go'), '')
  // It has come since that build began, and tries for itself.
  const { end, stderr: told } = await guest.ended
  expect(end).toBe(1)
  expect(told).toContain('oops\nredo: cannot build "bad": "bad.do" ended with exit status 3\n')
  // And the second of two scripts of one run is, as it would be if it came later.
  const failed = 'redo: cannot build "bad": it failed before in this run\n'
  const { stderr } = await host.ended
  expect(stderr.split(failed).length).toBe(2)
  expect(stderr.split('oops\n').length).toBe(2)
}, 60_000)

test('guests that come and go have the host build nothing without end', async () => {
  const tree = treeOf({
    'slow.do': '',
    'always.do': 'redo-always; echo run >>runs; : >began; sleep 1; echo same >$3; redo-stamp <$3\n',
    'all.do': 'redo-ifchange always; echo all >$3\n',
    't.do': 'echo t >$3\n',
  })
  await start(tree, ['all', 't']).ended
  for (const name of ['runs', 'began']) rmSync(join(tree, name))
  const host = start(tree, ['all'])
  await file(tree, 'began')
  const ended = host.ended.then(() => true)
  for (let guests = 0; guests < 20; guests += 1) {
    await start(tree, ['t']).ended
    if (await Promise.race([ended, sleep(100, false)])) break
  }
  expect(await host.ended).toMatchObject({ end: 0 })
  expect(readFileSync(join(tree, 'runs'), 'utf8')).toBe('run\n')
}, 60_000)

test('what is always built is built once for the host and once for each guest that wants it', async () => {
  for (const [wanted, runs] of [
    ['t', 'run\n'],
    ['always', 'run\nrun\n'],
  ] as const) {
    const tree = treeOf({
      'slow.do': '',
      'all.do': `redo-ifchange always; : >began; ${untilGo}; redo-ifchange later\n`,
      'always.do': 'redo-always; echo run >>runs; echo always >$3\n',
      'later.do': 'redo-ifchange always; echo later >$3\n',
      't.do': 'echo t >$3\n',
    })
    const host = start(tree, ['all'])
    await file(tree, 'began')
    expect(await start(tree, [wanted]).ended).toMatchObject({ end: 0 })
    writeFileSync(join(tree, 'go'), '')
    expect(await host.ended).toMatchObject({ end: 0 })
    expect(readFileSync(join(tree, 'runs'), 'utf8')).toBe(runs)
  }
}, 60_000)

test('a failure is told to nobody who has ended', async () => {
  const tree = treeOf({
    'slow.do': '',
    'f.do': `${untilGo}; exit 1\n`,
    'a.do': 'redo-ifchange f\n',
    't.do': 'redo-ifchange f &\nsleep 0.3; echo t >$3\n',
    // In its place, as the descriptor of its log may be.
    'w.do': 'sleep 0.3; : >go; sleep 0.7; echo w >$3\n',
    'all.do': 'redo-ifchange t; redo-ifchange w\n',
  })
  const { end, stderr } = await start(tree, ['-k', '-j9', 'a', 'all']).ended
  expect(end).toBe(1)
  expect(stderr).not.toContain('cannot go on')
  expect(readFileSync(join(tree, '.redo/log/w.log'), 'utf8')).toBe('')
}, 60_000)

test('what is built for a guest alone ends with it, and what others want too does not', async () => {
  const tree = treeOf({
    'all.do': 'redo-ifchange slow both\n',
    'slow.do': ': >began; sleep 2; echo slow >$3\n',
    'both.do': 'echo run >>both-runs; sleep 2; echo both >$3\n',
    't.do': 'redo-ifchange both inner\n',
    'inner.do': "trap 'echo gone >trace; exit 1' TERM; : >inner-began; sleep 30\n",
  })
  const host = start(tree, ['-j3', 'all'])
  await file(tree, 'began')
  const guest = start(tree, ['-j3', 't'])
  await file(tree, 'inner-began')
  guest.child.kill('SIGKILL')
  expect(await host.ended).toMatchObject({ end: 0 })
  expect(readFileSync(join(tree, 'trace'), 'utf8')).toBe('gone\n')
  expect(readFileSync(join(tree, 'both'), 'utf8')).toBe('both\n')
  expect(readFileSync(join(tree, 'both-runs'), 'utf8')).toBe('run\n')
  expect(readdirSync(tree).filter(name => name.endsWith('.tmp') || name === 't')).toEqual([])
}, 60_000)

test('what was stopped as its guest had gone is built again for somebody who wants it meanwhile', async () => {
  const tree = treeOf({
    'all.do': ': >began; sleep 1.5; redo-ifchange t\n',
    't.do':
      "trap 'sleep 2; exit 1' TERM; echo t >>runs; : >t-began; [ -e second ] || { : >second; sleep 30; }; echo t >$3\n",
  })
  const host = start(tree, ['-j2', 'all'])
  await file(tree, 'began')
  const guest = start(tree, ['t'])
  await file(tree, 't-began')
  guest.child.kill('SIGKILL')
  expect(await host.ended).toMatchObject({ end: 0 })
  expect(readFileSync(join(tree, 't'), 'utf8')).toBe('t\n')
}, 60_000)

test('a guest whose host is stopped says so', async () => {
  const tree = treeOf({
    'slow.do': ': >began; sleep 30\n',
    't.do': ': >t-began; sleep 30; echo t >$3\n',
  })
  const host = start(tree, ['slow'])
  await file(tree, 'began')
  const guest = start(tree, ['t'])
  await file(tree, 't-began')
  host.child.kill('SIGINT')
  expect(await host.ended).toMatchObject({ end: 'SIGINT' })
  const { end, stderr } = await guest.ended
  expect(end).toBe(1)
  expect(stderr).toContain(`the run of process ${host.child.pid}, which built this, was stopped`)
}, 60_000)

test('a guest whose host is killed takes its place, and builds what it wants anew', async () => {
  const tree = treeOf({
    'slow.do': ': >began; sleep 60\n',
    't.do': `echo run >>runs; ${untilGo}; echo t >$3\n`,
  })
  const host = start(tree, ['slow'])
  await file(tree, 'began')
  const guest = start(tree, ['t'])
  await file(tree, 'runs')
  host.child.kill('SIGKILL')
  await vi.waitFor(() => expect(readFileSync(join(tree, 'runs'), 'utf8')).toBe('run\nrun\n'), 30_000)
  writeFileSync(join(tree, 'go'), '')
  expect(await guest.ended).toMatchObject({ end: 0 })
  expect(readFileSync(join(tree, 't'), 'utf8')).toBe('t\n')
}, 60_000)

test.each(['dash', 'busybox sh', 'mksh', 'bash'].filter(isThere))(
  'a guest whose host goes before it could ask takes its place without a word, with %s',
  shell => {
    // Nobody reads what is asked, or the last of it is just being removed.
    for (const make of ['mkfifo 0 ask', 'mkfifo 0; mkdir ask']) {
      const run = mkdtempSync(join(scratch, 'run-'))
      spawnSync('sh', ['-c', make], { cwd: run })
      const client = `exec ${shell} '${join(root, 'bin/redo/redo-ifchange')}' x`
      const host = { REDO_RUN: run, REDO_PID: '999999999', REDO_JOB: '-1', REDO_SLOT: '0', REDO_LOG: '' }
      const { status, stderr } = spawnSync('sh', ['-c', client], {
        encoding: 'utf8',
        env: { ...process.env, ...host },
        timeout: 30_000,
      })
      expect({ status, stderr }).toEqual({ status: 75, stderr: '' })
    }
  },
  60_000,
)

test('a guest asks from its own folder, for names that may begin with a dash', async () => {
  const tree = treeOf({ 'slow.do': `: >began; ${untilGo}\n` })
  mkdirSync(join(tree, 'inner'))
  writeFileSync(join(tree, 'inner/-x.do'), 'echo "$1" >$3\n')
  const host = start(tree, ['slow'])
  await file(tree, 'began')
  expect(await start(join(tree, 'inner'), ['--', '-x']).ended).toMatchObject({ end: 0 })
  expect(readFileSync(join(tree, 'inner/-x'), 'utf8')).toBe('-x\n')
  writeFileSync(join(tree, 'go'), '')
  expect(await host.ended).toMatchObject({ end: 0 })
}, 60_000)

test.skipIf(!existsSync('/proc/thread-self/children'))(
  'who asks for a guest ignores what the guest ignores, as under nohup',
  async () => {
    const tree = treeOf({
      'slow.do': `: >began; ${untilGo}\n`,
      't.do': `: >t-began; ${untilGo}\n`,
    })
    const host = start(tree, ['slow'])
    await file(tree, 'began')
    const guest = start(tree, ['t'], { REDO_IGNORED: 'HUP' })
    await file(tree, 't-began')
    const { pid } = guest.child
    const client = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    const [, mask = ''] = /^SigIgn:\s*(\S+)$/m.exec(readFileSync(`/proc/${client}/status`, 'utf8')) ?? []
    expect(Number.parseInt(mask.slice(-1), 16) & 1).toBe(1)
    writeFileSync(join(tree, 'go'), '')
    for (const run of [host, guest]) expect(await run.ended).toMatchObject({ end: 0 })
  },
  60_000,
)

test('a run waits for whoever has the lock and cannot be asked, and tells so', async () => {
  const tree = treeOf({ 't.do': 'echo t >$3\n' })
  const holder = spawn('sleep', ['600'])
  const { pid = 0 } = holder
  symlinkSync(formatProcess(nameOf(pid)), join(tree, '.redo/lock.1'))
  const run = start(tree, ['t'])
  const waiting = `redo: waiting for the run of process ${pid} in this tree\n`
  await vi.waitFor(() => expect(run.said()).toBe(waiting), 30_000)
  expect(existsSync(join(tree, 't'))).toBe(false)
  holder.kill()
  expect(await run.ended).toEqual({ end: 0, stderr: `${waiting}redo  t\n` })
}, 60_000)

test.skipIf(spawnSync('unshare', [...CONTAINER, 'true']).status !== 0)(
  'runs in containers that share a tree wait for each other, though both have the same process id',
  async () => {
    const tree = treeOf({
      'slow.do': `echo run >>runs; : >began; ${untilGo}; echo slow >$3\n`,
      't.do': 'redo-ifchange slow; cat slow >$3\n',
    })
    const first = start(tree, ['slow'], {}, 'do', ['unshare', ...CONTAINER])
    await file(tree, 'began')
    const second = start(tree, ['t'], {}, 'do', ['unshare', ...CONTAINER])
    const waiting = 'redo: waiting for the run of process 1 in this tree\n  it is in another container;'
    await vi.waitFor(() => expect(second.said()).toContain(waiting), 30_000)
    expect(existsSync(join(tree, 't'))).toBe(false)
    writeFileSync(join(tree, 'go'), '')
    for (const run of [first, second]) expect(await run.ended).toMatchObject({ end: 0 })
    expect(readFileSync(join(tree, 'runs'), 'utf8')).toBe('run\n')
  },
  60_000,
)

test.each(['do', 'redo'])(
  'what is built for the guest `%s` sees its environment and its options',
  async command => {
    const tree = treeOf({
      'slow.do': ': >began; sleep 1.5; echo "$X" >$3\n',
      't.do': 'redo-ifchange inner\necho "$X" >$3\n',
      'inner.do': 'echo "$X" >$3\n',
    })
    const host = start(tree, ['slow'], { X: 'host' })
    await file(tree, 'began')
    const guest = await start(tree, ['--explain', '-x', 't'], { X: 'guest' }, command).ended
    expect(guest).toMatchObject({ end: 0 })
    expect(guest.stderr).toContain('redo: building "inner": it was never built')
    expect(guest.stderr).toContain('+ redo-ifchange inner')
    const { stderr } = await host.ended
    expect(stderr).not.toContain('building')
    const made = ['slow', 't', 'inner'].map(name => readFileSync(join(tree, name), 'utf8').trim())
    expect(made).toEqual(['host', 'guest', 'guest'])
  },
  60_000,
)

function isThere(shell: string): boolean {
  return spawnSync('sh', ['-c', `${shell} -c :`]).status === 0
}

function treeOf(files: Readonly<Record<string, string>>): string {
  const tree = mkdtempSync(join(scratch, 'tree-'))
  mkdirSync(join(tree, '.redo'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(tree, name), text)
  return tree
}

/** A file that a script makes when it begins. */
async function file(tree: string, name: string): Promise<void> {
  while (!existsSync(join(tree, name))) await new Promise(done => setTimeout(done, 20))
}

interface Run {
  /** The coordinator, or the guest, itself. */
  readonly child: ChildProcess
  /** What it has said on stderr so far. */
  readonly said: () => string
  readonly ended: Promise<{ readonly end: number | NodeJS.Signals | null; readonly stderr: string }>
}

function start(
  tree: string,
  words: readonly string[],
  more: NodeJS.ProcessEnv = {},
  command = 'do',
  within: readonly string[] = [],
): Run {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(REDO|MAKE|MFLAGS|NODE_EXTRA)/.test(name),
  )
  const redo = [process.execPath, join(root, 'dist/redo.js'), join(root, 'bin/redo'), command, ...words]
  const [program = '', ...others] = [...within, ...redo]
  const child = spawn(program, others, {
    cwd: tree,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...Object.fromEntries(inherited), ...more },
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  const ended = new Promise<{ end: number | NodeJS.Signals | null; stderr: string }>(done =>
    child.once('close', (code, signal) => done({ end: code ?? signal, stderr })),
  )
  return { child, said: () => stderr, ended }
}
