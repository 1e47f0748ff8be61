import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sentence } from '../../redo/reason.ts'

// Why a target is built, in the words that people read: of --explain, of -n, and of -d.

const root = resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'redo-explain-'))

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('a target that was never built', () => {
  const tree = treeOf({ 'x.do': 'echo x >$3\n' })
  expect(explain(tree)).toEqual(['"x": it was never built'])
})

test('a target whose only builds failed', () => {
  const tree = treeOf({ 'x.do': 'exit 1\n' })
  explain(tree)
  expect(explain(tree)).toEqual(['"x": it was begun before, but no success is on record'])
})

test('a target whose last build failed', () => {
  const tree = treeOf({ 'x.do': 'redo-ifchange s; cat s >$3; grep -q good s\n', s: 'good\n' })
  explain(tree)
  writeFileSync(join(tree, 's'), 'evil\n')
  explain(tree)
  expect(explain(tree)).toEqual(['"x": its last build failed'])
})

test('a target that somebody forces', () => {
  const tree = built()
  expect(why(run(tree, 'redo/redo', '--explain', 'x'))).toEqual(['"x": it was asked for by redo'])
  expect(run(tree, 'redo/redo', '-n', 'x').stdout).toBe('would build "x": it was asked for by redo\n')
})

test('a target whose rule was gone for a while, and what depends on it', () => {
  const tree = treeOf({
    'x.do': 'redo-ifchange s; cat s >$3\n',
    'y.do': 'redo-ifchange x; cat x >$3\n',
    s: '1\n',
  })
  run(tree, 'do', 'y')
  renameSync(join(tree, 'x.do'), join(tree, 'away'))
  expect(why(run(tree, 'do', '--explain', 'y'))).toEqual(['"y": "x" changed since'])
  writeFileSync(join(tree, 's'), '2\n')
  expect(run(tree, 'do', 'y')).toMatchObject({ status: 0, stderr: '' })
  renameSync(join(tree, 'away'), join(tree, 'x.do'))
  expect(why(run(tree, 'do', '--explain', 'y'))).toEqual([
    '"y": "x" is out of date: it has a .do again',
    '"x": it has a .do again',
  ])
  expect(readFileSync(join(tree, 'y'), 'utf8')).toBe('2\n')
  expect(run(tree, 'do', 'y', 'x')).toMatchObject({ status: 0, stderr: '' })
})

test.each([
  ['and a run saw that,', true],
  ['and no run saw that,', false],
])(
  'a file that somebody changed while its rule was gone, %s is theirs, and that is said to who asks for it',
  (_, isSeen) => {
    const tree = treeOf({ 'x.do': 'echo made >$3\n', 'y.do': 'redo-ifchange x; cat x >$3\n' })
    run(tree, 'do', 'x')
    renameSync(join(tree, 'x.do'), join(tree, 'away'))
    run(tree, 'do', 'x')
    writeFileSync(join(tree, 'x'), 'mine\n')
    if (isSeen) run(tree, 'do', 'x')
    renameSync(join(tree, 'away'), join(tree, 'x.do'))
    expect(run(tree, 'do', 'y').stderr).toBe('redo  y\n')
    const said = 'redo: x - it is a source, though it has a .do; delete it to have it built\n'
    expect(run(tree, 'do', 'x')).toMatchObject({ status: 0, stderr: said })
    expect(run(tree, 'redo/redo', 'x')).toMatchObject({ status: 0, stderr: said })
    expect(readFileSync(join(tree, 'x'), 'utf8')).toBe('mine\n')
  },
)

test('a target that somebody changed stays theirs, as each run says, and when the state is lost', () => {
  const tree = treeOf({ 'x.do': 'echo made >$3\n', 'y.do': 'redo-ifchange x; cat x >$3\n' })
  run(tree, 'do', 'y')
  writeFileSync(join(tree, 'x'), 'mine\n')
  for (let runs = 0; runs < 2; runs += 1)
    expect(run(tree, 'do', 'y').stderr).toContain(
      'redo: x - you modified it; delete it to have it built again\n',
    )
  rmSync(join(tree, '.redo/state'))
  expect(run(tree, 'do', 'y').status).toBe(0)
  expect(readFileSync(join(tree, 'x'), 'utf8')).toBe('mine\n')
})

test('a target whose rule went together with the state is a source', () => {
  const tree = treeOf({ 'x.do': 'echo made >$3\n' })
  run(tree, 'do', 'x')
  rmSync(join(tree, 'x.do'))
  rmSync(join(tree, '.redo/state'))
  expect(run(tree, 'do', 'x')).toMatchObject({ status: 0, stderr: '' })
})

test('a target that is always built', () => {
  const tree = treeOf({ 'x.do': 'redo-always; echo x >$3\n' })
  explain(tree)
  expect(explain(tree)).toEqual(['"x": it asked for redo-always'])
})

test('a target whose file is gone', () => {
  const tree = built()
  rmSync(join(tree, 'x'))
  expect(explain(tree)).toEqual(['"x": its file is gone'])
})

test('a target whose record was written, but whose file was not put in place', () => {
  const tree = built()
  const before = join(tree, 'before')
  // The old file comes back with its stamp, as it was when the new one was not in place yet.
  spawnSync('sh', ['-c', `ln x ${before}`], { cwd: tree })
  writeFileSync(join(tree, 's'), 'another\n')
  explain(tree)
  spawnSync('sh', ['-c', `mv -f ${before} x`], { cwd: tree })
  expect(explain(tree)).toEqual(['"x": its last build was cut short before the result was in place'])
})

test('a target whose record is lost', () => {
  const tree = built()
  rmSync(join(tree, '.redo/state'))
  expect(explain(tree)).toEqual(['"x": the record of its last build is lost'])
})

test('a symlink that leads to something that changed', () => {
  const tree = treeOf({ 'x.do': 'ln -s behind $3\n', behind: 'one\n' })
  explain(tree)
  writeFileSync(join(tree, 'behind'), 'another\n')
  expect(explain(tree)).toEqual(['"x": what its symlink leads to changed'])
})

test('a target that now has another rule', () => {
  const tree = treeOf({ 'default.do': 'echo x >$3\n' })
  explain(tree)
  writeFileSync(join(tree, 'x.do'), 'echo y >$3\n')
  expect(explain(tree)).toEqual(['"x": its rule is now "x.do", and was "default.do"'])
  rmSync(join(tree, 'x.do'))
  expect(explain(tree)).toEqual(['"x": its rule is now "default.do", and was "x.do"'])
})

test('a file that was absent', () => {
  const tree = treeOf({ 'x.do': '[ -e y ] || redo-ifcreate y; echo x >$3\n' })
  explain(tree)
  writeFileSync(join(tree, 'y'), '')
  expect(explain(tree)).toEqual(['"x": "y" exists now'])
})

test('a source that changed: from what to what', () => {
  const tree = built()
  const source = join(tree, 's')
  writeFileSync(source, 'longer than before\n')
  expect(explain(tree)).toEqual([
    expect.stringMatching(/^"x": "s" changed: time \S+Z -> \S+Z, size 4 -> 19$/),
  ])
  chmodSync(source, 0o755)
  expect(explain(tree)).toEqual(['"x": "s" changed: mode 100644 -> 100755'])
  // Within one millisecond: what is told must differ.
  utimesSync(source, 1000, 1000.0001)
  explain(tree)
  utimesSync(source, 1000, 1000.0004)
  const [, was, is] = /time (\S+) -> (\S+)$/.exec(explain(tree)[0] ?? '') ?? []
  expect(was).toMatch(/^1970-01-01T00:16:40\.000\d{3}Z$/)
  expect(was).not.toBe(is)
})

test('a source that becomes another kind of file', () => {
  const tree = built('[ -d s ] || cat s')
  const source = join(tree, 's')
  rmSync(source)
  writeFileSync(join(tree, 'behind'), 'one\n')
  symlinkSync('behind', source)
  expect(explain(tree)).toEqual(['"x": "s" changed: it was a file and is a symlink'])
  writeFileSync(join(tree, 'behind'), 'longer\n')
  expect(explain(tree)).toEqual([
    expect.stringMatching(/^"x": "s" changed: what it leads to: time \S+ -> \S+, size 4 -> 7$/),
  ])
  rmSync(source)
  mkdirSync(source)
  expect(explain(tree)).toEqual(['"x": "s" changed: it was a symlink and is a folder'])
})

test('a source that is gone, and one that came', () => {
  const tree = treeOf({ 'x.do': 'redo-ifchange s || :; echo x >$3\n', s: 'one\n' })
  explain(tree)
  rmSync(join(tree, 's'))
  expect(explain(tree)).toEqual(['"x": "s" changed: it is gone'])
  expect(explain(tree)).toEqual([])
  writeFileSync(join(tree, 's'), 'one\n')
  expect(explain(tree)).toEqual(['"x": "s" changed: it appeared'])
})

test('a rule that changed', () => {
  const tree = built()
  writeFileSync(join(tree, 'x.do'), 'echo y >$3\n')
  expect(explain(tree)).toEqual([expect.stringMatching(/^"x": "x\.do" changed: time .*, size \d+ -> 11$/)])
})

test('an input that was built again meanwhile', () => {
  const tree = treeOf({ 'x.do': 'redo-ifchange y; cat y >$3\n', 'y.do': 'echo y >$3\n' })
  explain(tree)
  run(tree, 'redo/redo', 'y')
  expect(explain(tree)).toEqual(['"x": "y" was built again since'])
})

test('an input that is out of date, near and far', () => {
  const tree = treeOf({
    'x.do': 'redo-ifchange y; cat y >$3\n',
    'y.do': 'redo-ifchange z; cat z >$3\n',
    'z.do': 'redo-ifchange s; cat s >$3\n',
    s: 'one\n',
  })
  explain(tree)
  writeFileSync(join(tree, 's'), 'another\n')
  expect(explain(tree)).toEqual([
    expect.stringMatching(/^"x": "y" is out of date, as "z" is: "s" changed: time \S+ -> \S+, size 4 -> 8$/),
    expect.stringMatching(/^"y": "z" is out of date: "s" changed: /),
    expect.stringMatching(/^"z": "s" changed: /),
  ])
})

test('an input that is being built', () => {
  // The state of one moment in a run, which no test can hold fast.
  expect(sentence({ kind: 'input', input: 'w', why: { kind: 'building' } })).toBe(
    '"w" is out of date: it is being built',
  )
})

test('targets that by the records depend on each other', () => {
  const tree = treeOf({
    'all.do': 'redo-ifchange x; echo >turn; redo y\n',
    'x.do': 'redo-ifchange y; cat y >$3\n',
    'y.do': 'if [ -e turn ]; then redo-ifchange x; fi; echo y >$3\n',
  })
  expect(run(tree, 'do').status).toBe(0)
  expect(run(tree, 'do', '-n', 'x').stdout).toBe(
    'would build "y": "x" is out of date: it depends on itself, by way of "y"\n' +
      'would build "x": it depends on itself, by way of "y"\n',
  )
})

test('-n tells inputs first, of stamps that it cannot know them, and of a target that has no rule', () => {
  const tree = treeOf({
    'x.do': 'redo-ifchange y; echo x >$3\n',
    'y.do': 'redo-always; echo y >$3; redo-stamp <$3\n',
  })
  explain(tree)
  const { stdout, status } = run(tree, 'do', '-n', 'x', 'no')
  expect(stdout.split('\n').slice(0, -1)).toEqual([
    'would build "y": it asked for redo-always',
    'may build "x": it depends on the stamp of "y"',
    'cannot build "no": there is neither such a file nor a .do for it',
  ])
  expect(status).toBe(1)
})

test('-n tells what a target asks for in the order in which it asks, and of a new one that it is new', () => {
  const tree = treeOf({
    'x.do': 'redo-ifchange b a c; echo x >$3\n',
    'default.do': 'redo-always; echo made >$3\n',
  })
  expect(run(tree, 'redo/redo', '-n', 'x').stdout).toBe('would build "x": it was never built\n')
  run(tree, 'do', 'x')
  const lines = run(tree, 'do', '-n', 'x').stdout.split('\n')
  expect(lines.map(line => /"(\w)":/.exec(line)?.[1])).toEqual(['b', 'a', 'c', 'x', undefined])
})

test('-n forces the targets alone, and tells what is left alone', () => {
  const tree = treeOf({ 'x.do': 'redo-ifchange y; cat y >$3\n', 'y.do': 'echo y >$3\n' })
  run(tree, 'do', 'x')
  expect(run(tree, 'redo/redo', '-n', 'x').stdout).toBe('would build "x": it was asked for by redo\n')
  writeFileSync(join(tree, 'y'), 'mine\n')
  expect(run(tree, 'do', '-n', 'x').stdout.split('\n')[0]).toBe('would leave alone "y": you modified it')
  expect(run(tree, 'redo/redo', '-n', 'y').stdout).toBe('would leave alone "y": you modified it\n')
})

test('-n tells that a target whose rule is gone cannot be built, when it is to be', () => {
  const tree = treeOf({
    'x.do': 'echo x >$3\n',
    'name.do': ':\n',
    'file.do': 'echo file >$3\n',
    'y.do': 'redo-ifchange name; echo y >$3\n',
    'z.do': 'redo-ifchange file; echo z >$3\n',
  })
  run(tree, 'do', 'x', 'y', 'z')
  for (const gone of ['x', 'x.do', 'name.do', 'file', 'file.do']) rmSync(join(tree, gone))
  expect(run(tree, 'do', '-n', 'x')).toMatchObject({
    status: 1,
    stdout: 'cannot build "x": there is neither such a file nor a .do for it\n',
  })
  // Its script may ask for it no more.
  for (const name of ['y', 'z']) {
    const ofInput = run(tree, 'do', '-n', name)
    const line = new RegExp(`^would build "${name}": [^\\n]*\\n$`)
    expect([ofInput.status, ofInput.stdout]).toEqual([0, expect.stringMatching(line)])
  }
})

test('-d tells what is decided about each file, inputs within those that they are for', () => {
  const tree = built()
  expect(debug(tree, '-d', 'x')).toEqual([
    '"x": looking at its inputs',
    '  "x.do" is a source',
    '  "s" is a source',
    '"x" is up to date',
  ])
  writeFileSync(join(tree, 's'), 'another\n')
  const lines = debug(tree, '-d', 'x').filter(line => line.startsWith('"x" is'))
  expect(lines).toEqual([expect.stringMatching(/^"x" is out of date: "s" changed: /)])
  expect(debug(tree, '-dd', 'x')).toContainEqual(expect.stringMatching(/^ {2}"s" is a source \(\d+.* 8 \d+ /))
  expect(debug(tree, 'x')).toEqual([])
})

test('--debug-locks tells of the lock of the tree, of tokens and of waits', () => {
  const tree = treeOf({ 'x.do': 'redo-ifchange y; cat y >$3\n', 'y.do': 'echo y >$3\n' })
  expect(debug(tree, '--debug-locks', 'x')).toEqual([
    'took the lock of the tree',
    '"x" takes a token and starts',
    '"x" waits for "y"',
    'no token is free: 0 wait to go on, 1 to start',
    '"x" gives its token away while it waits',
    '"y" takes a token and starts',
    '"y" has ended and gives its token back',
    '"x" has waited for "y"',
    'no token is free: 1 wait to go on, 0 to start',
    '"x" has a token again',
    '"x" has ended and gives its token back',
    'gave up the lock of the tree',
  ])
})

/** A tree whose x was built of the source s. */
function built(command = 'cat s'): string {
  const tree = treeOf({ 'x.do': `redo-ifchange s; { ${command}; } >$3\n`, s: 'one\n' })
  explain(tree)
  expect(existsSync(join(tree, 'x'))).toBe(true)
  return tree
}

function treeOf(files: Readonly<Record<string, string>>): string {
  const tree = mkdtempSync(join(scratch, 'tree-'))
  mkdirSync(join(tree, '.redo'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(tree, name), text)
  return tree
}

/** Builds x, and tells why what was built was. That -n says the same of what it knows is checked, too. */
function explain(tree: string): readonly string[] {
  const planned = run(tree, 'do', '-n', 'x')
    .stdout.split('\n')
    .flatMap(line => (line.startsWith('would build ') ? [line.slice('would build '.length)] : []))
  const reasons = why(run(tree, 'do', '--explain', 'x'))
  expect(reasons).toEqual(expect.arrayContaining(planned))
  return reasons
}

function why({ stderr }: { readonly stderr: string }): readonly string[] {
  return stderr
    .split('\n')
    .flatMap(line => (line.startsWith('redo: building ') ? [line.slice('redo: building '.length)] : []))
}

function debug(tree: string, ...words: readonly string[]): readonly string[] {
  return run(tree, 'do', ...words)
    .stderr.split('\n')
    .flatMap(line => (line.startsWith('redo-debug: ') ? [line.slice('redo-debug: '.length)] : []))
}

function run(tree: string, command: string, ...words: readonly string[]) {
  return spawnSync(join(root, 'bin', command), words, { cwd: tree, encoding: 'utf8', env: environment() })
}

function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(REDO|MAKE|MFLAGS)/.test(name)))
}
