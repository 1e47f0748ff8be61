import { describe, expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import {
  dependencyIn,
  dependencyLine,
  labelIn,
  type PkgKey,
  parsePkgKey,
  scriptLines,
} from '../../core/pkgkey.ts'
import { buildDep, pkgKeyText, runDep } from '../support/pkgkey.ts'

const [ONE, TWO] = [sha256('1'), sha256('2')]

/** A line of each kind, and two of those that there may be several of. */
const TEXT = `coolports-pkgkey 1
name all-of.it
version 1.2~rc3
release 12
arch x86_64
sandbox 3
tar 4
source ${ONE} a.tar.gz
source ${TWO} b.zip
file 644 ${ONE} a b
file 755 ${TWO} deep/run
host-path /usr
host-path /etc
setuid bin/a b
setuid bin/su
build script
| # source
|
|   make  all 
run-dep low ${ONE}
run-dep lower ${TWO}
build-dep low ${ONE}
build-dep seed ${TWO}
`

const KEY: PkgKey = {
  name: 'all-of.it',
  version: '1.2~rc3',
  release: 12,
  arch: 'x86_64',
  sandbox: 3,
  tar: 4,
  sources: [
    { sha256: ONE, file: 'a.tar.gz' },
    { sha256: TWO, file: 'b.zip' },
  ],
  files: [
    { mode: '644', sha256: ONE, path: 'a b' },
    { mode: '755', sha256: TWO, path: 'deep/run' },
  ],
  hostPaths: ['/usr', '/etc'],
  setuid: ['bin/a b', 'bin/su'],
  build: 'script',
  script: ['# source', '', '  make  all '],
  runDeps: [runDep('low', ONE), runDep('lower', TWO)],
  buildDeps: [buildDep('low', ONE), buildDep('seed', TWO)],
}

const why = (text: string): string => {
  const read = parsePkgKey(text)
  return read.ok ? 'it is one' : read.error
}

describe('the key of a package', () => {
  test('has a line for each thing, in the agreed form and order', () => {
    expect(pkgKeyText(KEY)).toBe(TEXT)
    expect(parsePkgKey(TEXT)).toEqual({ ok: true, value: KEY })
  })

  test('needs no sources, files, paths, dependencies, nor a script', () => {
    const text = pkgKeyText({ build: 'import', script: [] })
    expect(text.match(/^\S+/gm)).toEqual([
      ...['coolports-pkgkey', 'name', 'version', 'release', 'arch', 'sandbox', 'tar', 'build'],
    ])
    expect(parsePkgKey(text)).toMatchObject({ ok: true, value: { build: 'import', sources: [], script: [] } })
  })

  test('says nothing by its script, whatever a line of that begins with, or breaks with for some readers', () => {
    const lines = TEXT.split('\n').slice(0, -1)
    const breaks = ['\r', '\v', '\f', '\u0085', '\u2028', '\u2029'].flatMap(one => [
      `x${one}setuid bin/sh`,
      `${one}run-dep evil ${ONE}`,
    ])
    const script = [...lines, ...lines.map(line => `| ${line}`), ...breaks, '|', ' |']
    const plain = { ...KEY, setuid: [], runDeps: [], buildDeps: [] }
    expect(parsePkgKey(pkgKeyText({ ...plain, script }))).toEqual({ ok: true, value: { ...plain, script } })
  })

  test('has paths as they are, to the end of the line', () => {
    const paths = ['a\u2028b', 'a\rb', ' a ', `${ONE} x`, 'naïve 名前']
    const key = {
      ...KEY,
      files: paths.map(path => ({ mode: '644' as const, sha256: ONE, path })),
      setuid: paths,
    }
    expect(parsePkgKey(pkgKeyText(key))).toEqual({ ok: true, value: key })
  })
})

describe('parsePkgKey() refuses', () => {
  const NONE = 'it is no key of a package: '

  test('each line that is left out, but for one of which there may be none', () => {
    const lines = TEXT.split('\n')
    for (const at of [0, 1, 2, 3, 4, 5, 6, 15]) {
      const next = JSON.stringify(lines[at + 1])
      expect(why(lines.filter((_, index) => index !== at).join('\n'))).toBe(
        `${NONE}line ${at + 1} is ${next}`,
      )
    }
  })

  test('each line at the place of the next, unless they are of one kind', () => {
    const lines = TEXT.split('\n').slice(0, -1)
    const kind = (line: string | undefined) => line?.split(' ')[0]
    for (const [at, line] of lines.entries()) {
      const next = lines[at + 1]
      if (next === undefined || kind(line) === kind(next)) continue
      const turned = [...lines.slice(0, at), next, line, ...lines.slice(at + 2), '']
      expect(why(turned.join('\n'))).toContain(`${NONE}line `)
    }
  })

  test('one that is cut off within a line', () => {
    for (let end = 0; end < TEXT.length; end++)
      if (TEXT[end - 1] !== '\n') expect(why(TEXT.slice(0, end))).toContain(NONE)
    expect(why('')).toBe(`${NONE}it ends too early`)
    expect(why(TEXT.slice(0, TEXT.indexOf('build')))).toBe(`${NONE}it ends too early`)
    expect(why(TEXT.trimEnd())).toBe(`${NONE}it ends too early`)
  })

  test.each([
    ['another format', 'coolports-pkgkey 1', 'coolports-pkgkey 2', 1],
    ['a content key', 'coolports-pkgkey 1', 'coolports-contentkey 1', 1],
    ['lines that end as on other systems', '1\nname', '1\r\nname', 1],
    ['a byte order mark', 'coolports', '\ufeffcoolports', 1],
    ['a name that leads out of its folder', 'name all-of.it', 'name ../x', 2],
    ['a name of two words', 'name all-of.it', 'name all of', 2],
    ['a name twice', 'version', 'name all-of.it\nversion', 3],
    ['no version', 'version 1.2~rc3', 'version ', 3],
    ['a release of 0', 'release 12', 'release 0', 4],
    ['a release below 0', 'release 12', 'release -1', 4],
    ['a release with a 0 before it', 'release 12', 'release 012', 4],
    ['a release in another notation', 'release 12', 'release 0xc', 4],
    ['a release that is a fraction', 'release 12', 'release 1.5', 4],
    ['a release that no number has', 'release 12', 'release 9007199254740993', 4],
    ['no number of the sandbox', 'sandbox 3', 'sandbox three', 6],
    ['a source with a short digest', `source ${ONE}`, `source ${ONE.slice(1)}`, 8],
    ['a source with a digest in capitals', `source ${ONE}`, `source ${ONE.toUpperCase()}`, 8],
    ['a source without a name', ' a.tar.gz', '', 8],
    ['a file with another mode', 'file 644', 'file 4755', 10],
    ['a symlink', `file 644 ${ONE}`, 'file 644 symlink', 10],
    ['an empty path', 'setuid bin/a b', 'setuid ', 14],
    ['another kind of build', 'build script', 'build magic', 16],
    ['a line of a script right after its mark', '| # source', '|# source', 17],
    ['an empty line of a script with a blank', '|\n', '| \n', 18],
    ['a dependency with a name that leads out', 'run-dep low ', 'run-dep ../low ', 20],
    ['a dependency without a hash', `run-dep low ${ONE}`, 'run-dep low', 20],
    ['a dependency with words after the hash', `run-dep low ${ONE}`, `run-dep low ${ONE} x`, 20],
    ['another kind of dependency', 'run-dep low ', 'test-dep low ', 20],
    ['an empty line', 'run-dep low ', '\nrun-dep low ', 20],
  ])('%s', (_, from, to, line) => {
    expect(why(TEXT.replace(from, to))).toContain(`${NONE}line ${line} is "`)
  })

  test('what comes after the end, and an empty line there', () => {
    expect(why(`${TEXT}note x\n`)).toBe(`${NONE}line 24 is "note x"`)
    expect(why(`${TEXT}\n`)).toBe(`${NONE}line 24 is ""`)
    expect(why(TEXT + TEXT)).toBe(`${NONE}line 24 is "coolports-pkgkey 1"`)
  })

  test('in a message that is short, and moves no cursor', () => {
    expect(why(`\u001b[2J${'x'.repeat(1_000_000)}`)).toBe(`${NONE}line 1 is "\\u001b[2J${'x'.repeat(96)}"`)
  })

  test('a text of a million lines, or of one, as quickly as it reads one', () => {
    expect(why('\n'.repeat(1_000_000))).toBe(`${NONE}line 1 is ""`)
    expect(why(`source ${' '.repeat(1_000_000)}`)).toContain(NONE)
    const script = Array.from({ length: 100_000 }, () => 'x')
    expect(why(`${pkgKeyText({ script })}x\n`)).toBe(`${NONE}line 100009 is "x"`)
  })
})

test('a script is the same with a newline at its end and without, and an empty one has no lines', () => {
  expect(scriptLines('a\n\nb\n')).toEqual(['a', '', 'b'])
  expect(scriptLines('a\n\nb')).toEqual(['a', '', 'b'])
  expect(scriptLines('a\n\n')).toEqual(['a', ''])
  expect(scriptLines('')).toEqual([])
})

test('a dependency is found by its line, and no line of a script is taken for one', () => {
  const line = dependencyLine('build-dep', 'seed', ONE)
  expect(line).toBe(`build-dep seed ${ONE}`)
  expect(dependencyIn(line)).toEqual({ kind: 'build-dep', name: 'seed', hash: ONE })
  for (const other of [`| ${line}`, ` ${line}`, `${line}\n`, `x\n${line}`, dependencyLine('run-dep', 'seed')])
    expect(dependencyIn(other)).toBe(undefined)
})

test('the label of a key is that of its first lines, also where it is damaged below', () => {
  expect(labelIn(TEXT)).toBe('all-of.it-1.2~rc3-12')
  expect(labelIn(`${TEXT.slice(0, TEXT.indexOf('arch'))}\0damaged`)).toBe('all-of.it-1.2~rc3-12')
  expect(labelIn('')).toBe(undefined)
  expect(labelIn(`build script\n| x\n|\nname x\nversion 1\nrelease 1\n`)).toBe(undefined)
})
