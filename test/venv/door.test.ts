import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keyAt } from '../support/pkgkey.ts'
import { mustRun, run, smallTree } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

const program = (name: string, text: string, more: Readonly<Record<string, string>> = {}): string =>
  manifest({
    buildDeps: "['seed']",
    build: `sh\`mkdir "$DESTDIR/bin"; echo 'echo ${text}' >"$DESTDIR/bin/${name}"; cp "$DESTDIR/bin/${name}" "$DESTDIR/shared"\``,
    ...more,
  })

/** Runs what is in a venv; answers what it printed. */
const inVenv = (tree: Tree, venv: string, ...words: readonly string[]): string =>
  spawnSync(join(tree.root, venv, 'bin/venv-run'), words, { cwd: tree.root, encoding: 'utf8' }).stdout

test('bin/venv builds what is missing, and puts packages and all that they need together', () => {
  const tree = smallTree({
    low: program('low', 'low'),
    high: program('high', 'high', { runDeps: "['low', 'seed']" }),
  })
  // Both have a file that is not the same.
  const refused = run(tree, ['bin/venv', '-j2', 'high'])
  expect(refused.status).toBe(1)
  expect(refused.said).toContain('\n  "shared" high, low\n')
  expect(existsSync(join(tree.root, 'venv/bin'))).toBe(false)

  const said = mustRun(tree, ['bin/venv', '-o', 'my venv', '--prefer', 'low', 'high'])
  expect(said).toBe(`${join(tree.root, 'my venv/bin/venv-run')}\n`)
  expect(inVenv(tree, 'my venv', 'sh', '-c', 'cat /bin/high; cat /shared')).toBe('echo high\necho low\n')
  const names = readFileSync(join(tree.root, 'my venv/packages'), 'utf8').match(/^package: .*/gm)
  expect(names).toEqual(['package: low', 'package: high', 'package: seed'])

  // Without packages it is made again as it was asked for, of what the tree has become.
  const before = realpathSync(join(tree.root, 'my venv/bin'))
  mustRun(tree, ['bin/venv', '-o', 'my venv'])
  expect(realpathSync(join(tree.root, 'my venv/bin'))).toBe(before)
  tree.write('pkg/low/package.ts', program('low', 'lower'))
  mustRun(tree, ['bin/venv', '-o', 'my venv'])
  expect(inVenv(tree, 'my venv', 'cat', '/shared')).toBe('echo lower\n')

  // One upon the other, by the door.
  mustRun(tree, ['bin/venv', '-o', 'upper', '--stack', 'my venv', '--pure', 'low'])
  expect(inVenv(tree, 'upper', 'sh', '-c', 'cat /bin/high; echo "$HOME"')).toBe('echo high\n/home/venv\n')
  expect(run(tree, ['bin/venv', '-o', '/proc/none', 'low'])).toEqual({
    status: 2,
    said: 'venv: cannot make the venv: there is no such folder\n  path "/proc/none"\n',
  })
  expect(run(tree, ['bin/venv', '-o', 'my venv', '--stack', 'upper', 'low']).said).toContain(
    'venv: cannot stack the venvs: one would stand upon itself\n',
  )

  // From another folder, too.
  const elsewhere = join(tree.root, 'elsewhere')
  mkdirSync(elsewhere)
  const there = spawnSync(join(tree.root, 'bin/venv'), ['low', 'seed'], {
    cwd: elsewhere,
    encoding: 'utf8',
    env: { ...process.env, COOLPORTS_STORE: join(tree.root, '.store') },
  })
  expect([there.status, there.stdout]).toEqual([0, `${join(elsewhere, 'venv/bin/venv-run')}\n`])
})

test('bin/venv says what is wrong, and makes nothing', () => {
  const tree = smallTree({ broken: manifest({ buildDeps: "['seed']", build: 'sh`exit 3`' }) })
  const said = (...words: readonly string[]): string => {
    const ran = run(tree, ['bin/venv', ...words])
    return `${ran.status} ${ran.said}`
  }
  expect(said()).toMatch(/^2 venv: cannot use ".*\/venv" as a venv: .*\n {2}name packages: -o DIR PACKAGE/)
  expect(said('nothing')).toBe(
    '1 venv: cannot find the package "nothing": there is no such package\n  coolports list names all\n',
  )
  expect(said('-j0', 'seed')).toBe(
    '2 venv: cannot run: -j needs a whole number above 0\n  see bin/venv --help\n',
  )
  expect(said('--alternative', '../x=seed', 'seed')).toContain(
    '2 venv: cannot run: --alternative is PATH=PACKAGE',
  )
  expect(said('--alternative', 'x', 'seed')).toContain('2 venv: cannot run: --alternative is PATH=PACKAGE')
  expect(said('--merge', 'a/b', 'seed')).toContain(
    '2 venv: cannot run: no top-level folder can be named "a/b"',
  )
  expect(said('--x\u001b[31m', 'seed')).toContain('2 venv: cannot run: there is no option --x\\u001b[31m\n')
  expect(said('UPPER\n')).toContain('2 venv: cannot run: no package can be named "UPPER\\n"')
  expect(said('--pure')).toContain('2 venv: cannot run: no package is named')
  expect(said('--help')).toMatch(/^0 usage: venv /)
  const broken = said('broken')
  expect(broken).toMatch(/^1 /)
  expect(broken).toContain('do-build: cannot build broken-1.0-1: its script exited with 3')
  expect(existsSync(join(tree.root, 'venv'))).toBe(false)
})

test('coolports venv makes the very venv that bin/venv makes, and tells it to programs', () => {
  const tree = smallTree({
    low: program('low', 'low'),
    high: program('high', 'high', { runDeps: "['low', 'seed']" }),
  })
  const venv = (...words: readonly string[]): string =>
    mustRun(tree, ['bin/coolports', '-C', '.', 'venv', ...words])
  const options = [
    '--prefer',
    'low',
    '--alternative',
    'bin/low=low',
    '--env',
    'A',
    '--merge',
    'etc',
    '--pure',
  ]
  mustRun(tree, ['bin/venv', '-o', 'first', ...options, 'high'])
  expect(venv('-j2', '-o', 'second', ...options, './pkg/high/')).toContain(
    `${join(tree.root, 'second/bin/venv-run')}\n`,
  )
  const record = (name: string): string => readFileSync(join(tree.root, name, 'packages'), 'utf8')
  expect(record('second').replaceAll('/second/', '/first/')).toBe(record('first'))
  expect(inVenv(tree, 'second', 'cat', '/shared')).toBe('echo low\n')

  const { status, stdout } = spawnSync('bin/coolports', ['-C', '.', 'venv', '--json', '-o', 'second'], {
    cwd: tree.root,
    encoding: 'utf8',
    env: { ...process.env, COOLPORTS_STORE: join(tree.root, '.store') },
  })
  expect(status).toBe(0)
  const entry = (name: string, version: string) => ({
    name,
    version,
    pkghash: keyAt(tree.root, name).hash,
    tar: tree.read(`pkg/${name}/.tarhash`).trim().slice(0, 64),
    level: 0,
  })
  mustRun(tree, ['bin/do', ...['low', 'high', 'seed'].map(name => `pkg/${name}/.tarhash`)])
  expect(JSON.parse(stdout)).toEqual({
    folder: join(tree.root, 'second'),
    run: join(tree.root, 'second/bin/venv-run'),
    activate: join(tree.root, 'second/bin/activate'),
    packages: [entry('low', '1.0-1'), entry('high', '1.0-1'), entry('seed', '1-1')],
    notes: [],
  })

  const refused = run(tree, ['bin/coolports', '-C', '.', 'venv', '--pure'])
  expect(refused).toEqual({
    status: 2,
    said: 'coolports: cannot run: no package is named; without one, a venv is made as it was, and takes no options but -o and -j\n  see: coolports venv --help\n',
  })
  expect(run(tree, ['bin/coolports', '-C', '.', 'venv', 'hihg']).said).toContain('did you mean "high"?')
})

test('a build that a signal ends gives its status to whoever asked for the closure', async () => {
  const tree = smallTree({ slow: manifest({ buildDeps: "['seed']", build: 'sh`sleep 60`' }) })
  mustRun(tree, ['bin/venv', 'seed'])
  for (const words of [
    ['bin/venv', 'slow'],
    ['bin/coolports', 'sbom', '-C', tree.root, '--format', 'cyclonedx', 'slow'],
  ]) {
    const child = spawn(words[0] as string, words.slice(1), {
      cwd: tree.root,
      env: { ...process.env, COOLPORTS_STORE: join(tree.root, '.store') },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(child, 'exit')
    for await (const said of child.stderr) if (`${said}`.includes('build slow')) child.kill('SIGTERM')
    expect(await ended, words.join(' ')).toEqual([128 + constants.signals.SIGTERM, null])
  }
})
