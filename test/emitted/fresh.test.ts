import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { mustRun, run, smallTree } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

const repository = resolve(import.meta.dirname, '../..')

const GREETING = manifest({
  buildDeps: "['seed']",
  build: 'sh`mkdir -p "$DESTDIR/share"; echo hello >"$DESTDIR/share/greeting"`',
  test: 'sh`read -r word </share/greeting; test "$word" = hello`',
  strip: "'none'",
})

const TARGET = 'pkg/greeting/.pkg.tar.gz'

/** A clone in which no command has been run yet. */
const fresh = (): Tree => smallTree({ greeting: GREETING })

test('bin/do builds a package of a fresh clone, and says nothing the second time', () => {
  const tree = fresh()
  const first = run(tree, ['./bin/do', '-j2', TARGET])
  expect(first.said).toContain('coolports-gen: 2 packages')
  expect(first.said).toContain('built greeting-1.0-1')
  expect(first.status, first.said).toBe(0)
  expect(run(tree, ['./bin/do', '-j2', TARGET])).toEqual({ status: 0, said: '' })
})

test('bin/do builds a package of a fresh clone from any folder in it', () => {
  const tree = fresh()
  const ran = run(tree, ['sh', '-c', 'cd pkg/greeting && ../../bin/do .pkg.tar.gz'])
  expect(ran.said).toContain('built greeting-1.0-1')
  expect(ran.status, ran.said).toBe(0)
})

test.each([
  ['of a fresh clone', (root: string) => rmSync(join(root, 'node_modules'))],
  [
    'that came by a pull',
    (root: string) => {
      rmSync(join(root, 'node_modules'))
      mkdirSync(join(root, 'node_modules'))
      writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}')
      utimesSync(join(root, 'node_modules/.package-lock.json'), 1_000_000_000, 1_000_000_000)
      writeFileSync(join(root, 'package-lock.json'), '{}')
    },
  ],
])('bin/do installs the npm dependencies %s', (_, prepare) => {
  const tree = fresh()
  prepare(tree.root)
  const tools = npm()
  const ran = run(tree, ['./bin/do', TARGET], { PATH: `${tools}:${process.env.PATH}` })
  expect(readFileSync(join(tools, 'asked'), 'utf8')).toBe('ci --no-audit --no-fund\n')
  rmSync(tools, { recursive: true })
  expect(ran.said).toContain('built greeting-1.0-1')
})

test('two commands at once install the npm dependencies once', () => {
  const tree = fresh()
  rmSync(join(tree.root, 'node_modules'))
  const tools = npm('sleep 1')
  const both = './bin/do pkg/greeting/.pkghash & ./bin/coolports list && wait $!'
  mustRun(tree, ['sh', '-c', both], { PATH: `${tools}:${process.env.PATH}` })
  expect(readFileSync(join(tools, 'asked'), 'utf8')).toBe('ci --no-audit --no-fund\n')
  rmSync(tools, { recursive: true })
})

/** A folder with an npm that does what `npm ci` would do, without a network, and notes how it was called. */
function npm(before = ':'): string {
  const tools = mkdtempSync(join(tmpdir(), 'coolports npm-'))
  writeFileSync(
    join(tools, 'npm'),
    `#!/bin/sh\necho "$*" >>'${tools}/asked'\nrm -rf node_modules\n${before}\nmkdir node_modules\nln -s '${join(repository, 'node_modules')}'/* node_modules/\necho '{}' >node_modules/.package-lock.json\n`,
  )
  chmodSync(join(tools, 'npm'), 0o755)
  return tools
}

test('bin/do emits nothing when the rules were emitted once: manifests are for coolports-gen to read', () => {
  const tree = fresh()
  mustRun(tree, ['./bin/do', 'pkg/greeting/.pkghash'])
  tree.write('pkg/later/package.ts', GREETING)
  const ran = run(tree, ['./bin/do', 'pkg/later/.pkg.tar.gz'])
  expect(ran).toEqual({
    status: 1,
    said: `redo: cannot build "pkg/later/.pkg.tar.gz": there is neither such a file nor a .do for it
  there is "pkg/later/package.ts", of which no rule was emitted
  run: npx coolports-gen
`,
  })
  expect(existsSync(join(tree.root, 'pkg/later/.pkg.tar.gz.do'))).toBe(false)
  expect(run(tree, ['./bin/do', '-n', 'pkg/later/.pkg.tar.gz']).said).toContain('run: npx coolports-gen')
  // A rule that asks for it tells the same.
  expect(run(tree, ['./bin/do', 'pkg/later/.pkghash']).said).toContain('run: npx coolports-gen')
})

test('bin/do names the rules of a package that was asked for by a name that it never had', () => {
  const tree = fresh()
  mustRun(tree, ['./bin/do', 'pkg/greeting/.pkghash'])
  const said = `redo: cannot build "pkg/greeting/.pkgkey": there is neither such a file nor a .do for it
  beside it are rules for .bclosure .closure .pkg.tar.gz .pkghash .test
`
  expect(run(tree, ['./bin/do', 'pkg/greeting/.pkgkey'])).toEqual({ status: 1, said })
})

test('bin/do names coolports-gen for a package that went and came back, as by a change of branches', () => {
  const tree = fresh()
  tree.write('pkg/later/package.ts', GREETING)
  mustRun(tree, ['./bin/do', 'pkg/later/.pkghash'])
  rmSync(join(tree.root, 'pkg/later/package.ts'))
  mustRun(tree, ['./bin/coolports-gen', '--root', tree.root])
  tree.write('pkg/later/package.ts', GREETING)
  const said = `cannot build "pkg/later/.pkghash": there is neither such a file nor a .do for it
  there is "pkg/later/package.ts", of which no rule was emitted
  run: npx coolports-gen
`
  expect(run(tree, ['./bin/do', 'pkg/later/.pkghash'])).toEqual({ status: 1, said: `redo: ${said}` })
  expect(run(tree, ['./bin/do', '-n', 'pkg/later/.pkghash'])).toEqual({ status: 1, said })
})

test('bin/do speaks of manifests only where there is one', () => {
  const tree = fresh()
  run(tree, ['./bin/do', 'pkg/greeting/.pkghash'])
  mkdirSync(join(tree.root, 'pkg/empty'))
  for (const target of ['pkg/empty/.pkg.tar.gz', 'pkg/greeting/plain', 'nothing'])
    expect(run(tree, ['./bin/do', target])).toEqual({
      status: 1,
      said: `redo: cannot build "${target}": there is neither such a file nor a .do for it\n`,
    })
})

test.each([
  ['./bin/do', TARGET],
  ['./bin/build-packages-ifchange', '--no-test', 'greeting'],
])('%s of a fresh clone tells of a manifest that is wrong, and builds what does not need it', (...words) => {
  const tree = fresh()
  tree.write('pkg/draft/package.ts', manifest({ license: "'no such licence'" }))
  const ran = run(tree, words)
  expect(ran.said).toContain('pkg/draft/package.ts:')
  expect(ran.said).toContain('coolports-gen: 1 problem: no new rules for draft\n')
  expect(ran.said).toContain('built greeting-1.0-1')
  expect(ran.status, ran.said).toBe(0)
})

test('a package whose manifest was refused is not built by the rules that it had, nor is what needs it', () => {
  const tree = fresh()
  tree.write('pkg/upper/package.ts', manifest({ buildDeps: "['seed', 'greeting']" }))
  mustRun(tree, ['./bin/build-packages-ifchange', '--no-test', 'upper'])
  tree.write('pkg/greeting/package.ts', GREETING.replace("'1.0'", "'1 0'"))
  const summary = 'coolports-gen: 1 problem: no new rules for greeting\n'
  const itself = run(tree, ['./bin/build-packages-ifchange', '--no-test', 'greeting'])
  expect(itself.said.endsWith(summary), itself.said).toBe(true)
  expect(itself.status).toBe(1)
  const upper = run(tree, ['./bin/build-packages-ifchange', '--no-test', 'upper'])
  expect(upper.said).toContain(summary)
  expect(upper.said).toContain('pkg/greeting: cannot build: the emitted rules are older than the manifest\n')
  expect(upper.status, upper.said).toBe(1)
  const venv = run(tree, ['./bin/coolports', '-C', tree.root, 'venv', '-o', 'there', 'greeting'])
  expect(venv.said).toContain('pkg/greeting: cannot build')
})

test.each(['--help', '-n', '--dry-run', '-kn'])('bin/do %s sets nothing up', option => {
  const tree = fresh()
  run(tree, ['./bin/do', option, TARGET])
  expect(existsSync(join(tree.root, 'pkg/.gen.json'))).toBe(false)
})

test('bin/do is a plain redo in every other tree, and inside of a run', () => {
  const tree = fresh()
  const other = mkdtempSync(join(tmpdir(), 'coolports other-'))
  mkdirSync(join(other, 'pkg'))
  writeFileSync(join(other, 'x.do'), 'echo made >"$3"\n')
  const ran = run(tree, ['sh', '-c', `cd '${other}' && '${tree.root}/bin/do' x && cat x`])
  expect(ran.said).toContain('made\n')
  expect(existsSync(join(other, 'pkg/.gen.json'))).toBe(false)

  // A folder whose path only begins like that of the tree is another one.
  const beside = `${tree.root}-beside`
  mkdirSync(beside)
  writeFileSync(join(beside, 'x.do'), 'echo made >"$3"\n')
  expect(run(tree, ['sh', '-c', `cd '${beside}' && '${tree.root}/bin/do' x && cat x`]).said).toContain('made')

  // The outer redo works elsewhere; the inner bin/do in the tree is a command of that run.
  writeFileSync(join(other, 'y.do'), `(cd '${tree.root}'; ./bin/do package.json)\necho made >"$3"\n`)
  const inner = run(tree, ['sh', '-c', `cd '${other}' && '${tree.root}/bin/do' y && cat y`])
  expect(inner.said).toContain('made\n')
  expect(existsSync(join(tree.root, 'pkg/.gen.json'))).toBe(false)
  for (const folder of [other, beside]) rmSync(folder, { recursive: true })
})

test('build-packages-ifchange emits every time, into its own tree', () => {
  const tree = fresh()
  mustRun(tree, ['./bin/build-packages-ifchange', './pkg/greeting'])
  tree.write('pkg/later/package.ts', GREETING)
  const ran = run(tree, ['./bin/build-packages-ifchange', '-j2', 'later'])
  expect(ran.said).toContain('built later-1.0-1')
  expect(lstatSync(join(tree.root, 'pkg/later/.pkg.tar.gz')).isFile()).toBe(true)
})
