import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

// What redo must survive. A tree of targets, each the sum of a source and of earlier targets, tells by
// itself whether every target is right.

const root = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'redo-faults-'))
/** Kills per test; more are for a machine with time. */
const rounds = Number(process.env.REDO_FAULT_ROUNDS ?? 5)

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('kill -9 at random moments leaves a state from which the next run is right', async () => {
  const tree = sums(200)
  for (let round = 0; round < rounds; round += 1) {
    writeFileSync(join(tree, `${round * 7}.src`), `round ${round}\n`)
    const run = start(tree)
    await sleep(100 + Math.random() * 700)
    run.kill('SIGKILL')
    await ended(run)
  }
  const last = finish(tree)
  expect(last.status, last.stderr).toBe(0)
  expect(last.stderr).not.toContain('you modified it')
  expect(wrong(tree)).toEqual([])
  expect(remains(tree)).toEqual([])
}, 300_000)

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
  ['is empty', () => ''],
  ['is of another version', () => 'coolports redo state 0\n'],
  ['is not text', () => '\0\u0001\u0002'],
  ['lost its middle', (text: string) => text.slice(0, 200) + text.slice(300)],
  ['has another byte somewhere', (text: string) => text.replace('.src', '.srd')],
])(
  'a state that %s costs a rebuild, never a wrong result',
  (_, damage) => {
    const tree = sums(20)
    expect(finish(tree).status).toBe(0)
    const state = join(tree, '.redo/state')
    writeFileSync(state, damage(readFileSync(state, 'utf8')))
    writeFileSync(join(tree, '3.src'), 'another\n')
    expect(finish(tree).status).toBe(0)
    expect(wrong(tree)).toEqual([])
    expect(finish(tree).stderr).toBe('')
  },
  60_000,
)

test('a state that was cut short loses no target', () => {
  const tree = sums(20)
  expect(finish(tree).status).toBe(0)
  const state = join(tree, '.redo/state')
  const bytes = readFileSync(state)
  writeFileSync(state, bytes.subarray(0, bytes.length - 30))
  writeFileSync(join(tree, '0.src'), 'another\n')
  expect(finish(tree).status).toBe(0)
  expect(wrong(tree)).toEqual([])
}, 60_000)

test('a client whose coordinator is gone says so and fails', async () => {
  const tree = empty()
  writeFileSync(join(tree, 'x.do'), ': >began; sleep 1; sh -c "redo-ifchange y" 2>said; echo $? >status\n')
  const run = start(tree, 'x')
  while (!existsSync(join(tree, 'began'))) await sleep(20)
  run.kill('SIGKILL')
  for (let waits = 0; !existsSync(join(tree, 'status')) && waits < 200; waits += 1) await sleep(50)
  expect(readFileSync(join(tree, 'said'), 'utf8')).toContain('it is gone')
}, 60_000)

test('a target that cannot be put in place is a failure, and the old one stays', () => {
  const tree = empty()
  mkdirSync(join(tree, 'x'))
  writeFileSync(join(tree, 'x.do'), 'echo text >$3\n')
  const run = finish(tree, 'x')
  expect(run.status).toBe(1)
  expect(run.stderr).toContain('the target is a folder')
})

function empty(): string {
  const tree = mkdtempSync(join(scratch, 'tree-'))
  mkdirSync(join(tree, '.redo'))
  return tree
}

/** Targets 0.t … , each depends on a source and on up to three earlier targets. */
function sums(count: number): string {
  const tree = empty()
  for (let at = 0; at < count; at += 1) {
    const inputs = inputsOf(at)
    writeFileSync(join(tree, `${at}.src`), `${at}\n`)
    writeFileSync(
      join(tree, `${at}.t.do`),
      `redo-ifchange ${inputs.join(' ')}\ncat ${inputs.join(' ')} | cksum >$3\n`,
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
  const targets = readdirSync(tree)
    .filter(name => name.endsWith('.t.do'))
    .map(name => Number.parseInt(name, 10))
  const script = targets
    .map(at => `[ "$(cat ${inputsOf(at).join(' ')} | cksum)" = "$(cat ${at}.t)" ] || echo ${at}.t`)
    .join('\n')
  return spawnSync('sh', { cwd: tree, input: script, encoding: 'utf8' }).stdout.split('\n').slice(0, -1)
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

function finish(tree: string, target = 'all'): { readonly status: number | null; readonly stderr: string } {
  return spawnSync(process.execPath, command(target), { cwd: tree, encoding: 'utf8', env: environment() })
}

function command(target: string): string[] {
  return [join(root, 'dist/redo.js'), join(root, 'bin/redo'), 'do', '-j2', target]
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
