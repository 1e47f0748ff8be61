import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { commands } from '../../cli/run.ts'
import { sha256 } from '../../core/digest.ts'
import { makeKey } from '../../helpers/cache/minisign.ts'
import { manifest, Tree } from '../support/tree.ts'
import { coolports, coolportsDoor, coolportsIn, treeWithDoors } from './support.ts'

const SHA = 'a'.repeat(64)

const packages = (): Readonly<Record<string, string>> => ({
  'pkg/base/package.ts': manifest({ description: "'What all need'" }),
  'pkg/lib/package.ts': manifest({ runDeps: "['base']" }),
  'pkg/tool/package.ts': manifest({
    version: "'2.5'",
    release: '3',
    runDeps: "['lib', 'base']",
    buildDeps: "['base']",
    testDeps: "['lib']",
    env: "{ PATH: '/cross/bin:/bin', A: 'b c' }",
    sources: `[{ sha256: '${SHA}', urls: ['https://example.org/tool.tar'] }]`,
    check: 'sh`make check`',
  }),
})

describe('list', () => {
  test('prints name, version and release, and description in columns', async () => {
    expect(await coolports(new Tree(packages()), 'list')).toEqual({
      status: 0,
      out: 'base  1.0-1  What all need\nlib   1.0-1  A package\ntool  2.5-3  A package\n',
      err: '',
    })
  })

  test('--json has licence and homepage too', async () => {
    const { out } = await coolports(new Tree(packages()), 'list', '--json')
    expect(JSON.parse(out)[2]).toEqual({
      name: 'tool',
      version: '2.5',
      release: 3,
      description: 'A package',
      homepage: 'https://example.org',
      license: 'MIT',
    })
  })

  test('lists the others, says what is wrong and exits 1, when a manifest cannot be read', async () => {
    const said = await coolports(
      new Tree({ ...packages(), 'pkg/bad/package.ts': manifest({ license: "'?'" }) }),
      'list',
    )
    expect(said.status).toBe(1)
    expect(said.out.split('\n')).toHaveLength(4)
    expect(said.err).toContain('pkg/bad/package.ts:7:12: cannot accept license')
  })

  test('escapes what a terminal would obey', async () => {
    const hostile = manifest({ description: "'\\u009b31m red \\u202e back'" })
    const tree = new Tree({ 'pkg/a/package.ts': hostile })
    expect((await coolports(tree, 'list')).out).toBe('a  1.0-1  "\\u009b31m red \\u202e back"\n')
    expect((await coolports(tree, 'show', 'a')).out).not.toMatch(/[\u0080-\u009f\u202e]/)
    const { out } = await coolports(tree, 'list', '--json')
    expect(out).not.toMatch(/[\u0080-\u009f\u202e]/)
    expect(JSON.parse(out)[0].description).toBe('\u009b31m red \u202e back')
  })
})

describe('show', () => {
  test('prints all that the manifest says', async () => {
    const { status, out } = await coolports(new Tree(packages()), 'show', 'tool')
    expect(status).toBe(0)
    for (const text of [
      '2.5-3',
      'https://example.org',
      'MIT',
      SHA,
      'lib base',
      'A=b c\n             PATH=/cross/bin:/bin\n',
      '| make check',
      'skipped: there is nothing to test',
      'fixed: a test',
    ])
      expect(out).toContain(text)
  })

  test('--json names its fields', async () => {
    expect(JSON.parse((await coolports(new Tree(packages()), 'show', 'tool', '--json')).out)).toEqual({
      name: 'tool',
      version: '2.5',
      release: 3,
      description: 'A package',
      homepage: 'https://example.org',
      license: 'MIT',
      sources: [
        { file: 'tool.tar', sha256: SHA, urls: ['https://example.org/tool.tar'], into: '.', unpack: true },
      ],
      patches: [],
      deps: { build: ['base'], run: ['lib', 'base'], test: ['lib'] },
      hostPaths: [],
      env: { A: 'b c', PATH: '/cross/bin:/bin' },
      build: { kind: 'script', text: 'touch "$DESTDIR/x"' },
      check: { kind: 'script', text: 'make check' },
      test: { kind: 'skipped', why: 'there is nothing to test' },
      update: { kind: 'fixed', why: 'a test' },
      strip: 'all',
      setuid: [],
      postInstall: null,
      files: [],
    })
  })

  test.each(['tool', 'pkg/tool', './pkg/tool/', 'pkg/tool/', 'pkg/../pkg/tool'])(
    'takes %s for the package',
    async word => {
      expect((await coolports(new Tree(packages()), 'show', word)).status).toBe(0)
    },
  )

  test('takes a folder for the package from wherever one stands', () => {
    const tree = new Tree(packages())
    const show = (cwd: string, word: string) =>
      coolportsIn(join(tree.root, cwd), {}, '-C', tree.root, 'show', word)
    for (const [cwd, word] of [
      ['pkg/tool', '.'],
      ['pkg/tool', './'],
      ['pkg/lib', '../tool'],
      ['pkg', './tool'],
      ['pkg', 'tool/'],
    ] as const)
      expect(show(cwd, word).out).toContain('2.5-3')
    for (const [cwd, word] of [
      ['.', '.'],
      ['pkg', '.'],
      ['pkg/tool', '..'],
      ['.', '/no/such/tree/tool'],
      ['.', './tool'],
    ] as const)
      expect(show(cwd, word)).toMatchObject({ status: 1, out: '' })
  })

  test('refuses symlinks, as coolports-gen does', async () => {
    const tree = new Tree({ ...packages(), 'elsewhere/package.ts': manifest() })
    symlinkSync('../elsewhere', join(tree.root, 'pkg/folder'))
    mkdirSync(join(tree.root, 'pkg/linked'))
    symlinkSync('../tool/package.ts', join(tree.root, 'pkg/linked/package.ts'))
    expect(await coolports(tree, 'show', 'folder')).toEqual({
      status: 1,
      out: '',
      err: 'coolports: cannot read "pkg/folder": it is a symlink, and a package is a folder\n',
    })
    expect((await coolports(tree, 'show', 'linked')).err).toContain(
      'cannot read "pkg/linked/package.ts": it is not a plain file',
    )
    expect((await coolports(tree, 'show', 'names.d.ts')).err).toContain('there is no such package')
  })

  test('shows a package though another one is refused', async () => {
    const tree = new Tree({ ...packages(), 'pkg/bad/package.ts': 'nonsense' })
    expect((await coolports(tree, 'show', 'tool')).status).toBe(0)
    const bad = await coolports(tree, 'show', 'bad')
    expect(bad.status).toBe(2)
    expect(bad.err).toContain('pkg/bad/package.ts:1:1: cannot evaluate the manifest')
  })
})

describe('closure', () => {
  test('is the package, then what each run-dep leads to, each once', async () => {
    const tree = new Tree(packages())
    expect((await coolports(tree, 'closure', 'tool')).out).toBe('tool\nlib\nbase\n')
    expect(JSON.parse((await coolports(tree, 'closure', 'tool', '--json')).out)).toEqual([
      'tool',
      'lib',
      'base',
    ])
  })

  test('--build is the root of the build', async () => {
    expect((await coolports(new Tree(packages()), 'closure', 'tool', '--build')).out).toBe('base\n')
  })
})

test('rdeps tells who needs a package, and for what', async () => {
  const tree = new Tree(packages())
  expect((await coolports(tree, 'rdeps', 'base')).out).toBe('lib   run\ntool  run build\n')
  expect(JSON.parse((await coolports(tree, 'rdeps', 'lib', '--json')).out)).toEqual([
    { name: 'tool', kinds: ['run', 'test'] },
  ])
})

describe('an unknown package', () => {
  test.each(['show', 'closure', 'rdeps', 'key', 'explain', 'build', 'fetch', 'files', 'shell'])(
    'is refused by %s with the nearest name',
    async command => {
      expect(await coolports(new Tree(packages()), command, 'tol')).toEqual({
        status: 1,
        out: '',
        err: 'coolports: cannot find the package "tol": there is no such package\n  did you mean "tool"?\n',
      })
    },
  )

  test('is shown quoted', async () => {
    expect((await coolports(new Tree(packages()), 'show', '../\u001b[31m')).err).toContain('"../\\u001b[31m"')
  })
})

describe('challenge', () => {
  test('says of a cache that cannot be one just that, and not that none is named', async () => {
    vi.stubEnv('PKG_CACHE_URL', 'ftp://example.org')
    onTestFinished(() => void vi.unstubAllEnvs())
    const key = makeKey().key.public.text
    const { status, err } = await coolports(new Tree(packages()), 'challenge', '--key', key, 'tool')
    expect(status).toBe(2)
    expect(err).toContain('cannot use the package cache "ftp://example.org"')
    expect(err).not.toContain('no package cache is named')
  })
})

test('behind -- are words of the command', async () => {
  const tree = new Tree(packages())
  const shown = await coolports(tree, 'show', 'tool')
  expect(shown.status).toBe(0)
  expect(await coolports(tree, 'show', '--', 'tool')).toEqual(shown)
})

describe('misuse exits 2 with one line and what to do', () => {
  test.each([
    [['lst'], 'there is no command "lst"\n  did you mean "list"?'],
    [['cache', 'verfy'], 'there is no command "cache verfy"\n  did you mean "cache verify"?'],
    [[], 'no command is named\n  see: coolports --help'],
    [['show'], 'too few words for: coolports show <package>\n  see: coolports show --help'],
    [['trust', 'add'], 'too few words for: coolports trust add <key>\n  see: coolports trust add --help'],
    [['cache', 'gc'], 'missing required argument: budget\n  see: coolports cache gc --help'],
    [['seed-verify', '--from'], 'a value is missing behind from\n  see: coolports seed-verify --help'],
    [
      ['seed-verify', '--from', 'host', '--cc'],
      'a value is missing behind cc\n  see: coolports seed-verify --help',
    ],
    [['sbom', 'make', '--format'], 'a value is missing behind format\n  see: coolports sbom --help'],
    [['seed-verify', '--cc', 'clang'], '--cc is for --from host\n  see: coolports seed-verify --help'],
    [
      ['sbom', '--format', 'spdx', '--format', 'spdx', 'x'],
      '--format is given twice\n  see: coolports sbom --help',
    ],
    [['cache', 'add', '-o', 'a', '-o', 'b', 'x'], '--out is given twice\n  see: coolports cache add --help'],
    [['cache', 'add', '-o', '', 'x'], '--out needs a folder or a url\n  see: coolports cache add --help'],
    [['list', '--root', 'a\ufffd'], 'the name "a\ufffd" is not in UTF-8\n  see: coolports list --help'],
    [['list', '--jsn'], 'unknown argument: jsn\n  see: coolports list --help'],
    [['list', '--dry-rn'], 'unknown argument: dry-rn\n  see: coolports list --help'],
    [['list', 'more', '--dry-rn', '--x'], 'unknown arguments: dry-rn, x, more\n  see: coolports list --help'],
    [['show', '--', '--json'], '"--json" begins with a dash\n  put ./ before it'],
    [['list', '--', 'more'], 'unknown argument: more\n  see: coolports list --help'],
    [['list', 'more'], 'unknown argument: more\n  see: coolports list --help'],
    [
      ['completion', 'tcsh'],
      'invalid values: Argument: shell, Given: "tcsh", Choices: "bash", "zsh", "fish"\n  see: coolports completion --help',
    ],
  ])('%j', async (args, text) => {
    const said = await coolports(new Tree(), ...args)
    expect(said).toEqual({ status: 2, out: '', err: `coolports: cannot run: ${text}\n` })
  })

  test('a number of jobs that is none', async () => {
    expect((await coolports(new Tree(packages()), 'build', '-j', 'x', 'tool')).err).toBe(
      'coolports: cannot run: -j needs a whole number above 0\n  see: coolports build --help\n',
    )
  })

  test('a folder that is no tree', async () => {
    const tree = new Tree()
    const said = await coolports(tree, '-C', join(tree.root, 'pkg'), 'list')
    expect(said.status).toBe(2)
    expect(said.err).toContain('cannot read the tree')
    expect(said.err).toContain('it has no pkg')
  })
})

describe('help', () => {
  const names = commands.map(({ name }) => name)
  const lines = commands.flatMap(({ name, commands: below }) =>
    below === undefined ? [name] : below.map(one => `${name} ${one.name}`),
  )

  test('lists every command', async () => {
    const { status, out } = await coolports(new Tree(), '--help')
    expect(status).toBe(0)
    for (const name of names) expect(out).toContain(`\n  coolports ${name}`)
  })

  test.each(lines)('of %s has an example, and no line that is broken twice', async line => {
    const { status, out } = await coolports(new Tree(), ...line.split(' '), '--help')
    expect(status).toBe(0)
    expect(out).toMatch(/\nExamples:\n {2}\S/)
    const [details = ''] = out.split(/\n(?:Positionals|Options):/)
    for (const [, above = '', word = ''] of details.matchAll(
      /^(.+)\n(?!(?:Exit|Its exit) status)(?=(\S+))/gm,
    ))
      expect(`${above} ${word}`.length).toBeGreaterThan(100)
  })
})

describe('commands that run a program of bin/', () => {
  test('build passes jobs, --no-test and plain names on, and answers with its exit status', () => {
    const tree = treeWithDoors(packages())
    expect(coolportsDoor(tree, 'build', '-j2', '--no-test', './pkg/tool/', 'lib')).toEqual({
      status: 7,
      out: 'build-packages-ifchange [-j2] [--no-test] [tool] [lib]\n',
      err: '',
    })
  })

  test('shell leaves the options of the command to the command', () => {
    const tree = treeWithDoors(packages())
    expect(coolportsDoor(tree, 'shell', 'tool', 'ls', '-l', '--help', '--', '/').out).toBe(
      'build-shell [tool] [ls] [-l] [--help] [--] [/]\n',
    )
    expect(coolportsDoor(tree, 'shell', 'tool').out).toBe('build-shell [tool]\n')
    expect(coolportsDoor(tree, 'shell', '--', 'tool', '--', 'ls', '--').out).toBe(
      'build-shell [tool] [ls] [--]\n',
    )
  })

  test('new begins a package', () => {
    const tree = treeWithDoors({})
    expect(coolportsDoor(tree, 'new', 'hello').out).toBe('pkg/hello/package.ts\n')
    expect(tree.read('pkg/hello/package.ts')).toContain('definePackage')
    expect(coolportsDoor(tree, 'new', 'hello').status).toBe(1)
  })

  test('gen emits, and --check exits 1 when something is stale', () => {
    const tree = treeWithDoors(packages())
    expect(coolportsDoor(tree, 'gen', '--check').status).toBe(1)
    expect(coolportsDoor(tree, 'gen').status).toBe(0)
    expect(coolportsDoor(tree, 'gen', '--check').status).toBe(0)
  })

  test('fetch has the sources of packages, and with --closure of all that they need', () => {
    const tree = treeWithDoors({})
    const source = join(tree.root, 'source.tar')
    writeFileSync(source, 'a source')
    const url = `file://${source.replaceAll(' ', '%20')}`
    const sources = `[{ sha256: '${sha256('a source')}', urls: ['${url}'] }]`
    tree.write('pkg/deep/package.ts', manifest({ sources }))
    tree.write('pkg/top/package.ts', manifest({ buildDeps: "['deep']" }))
    expect(JSON.parse(coolportsDoor(tree, 'fetch', 'top', '--json').out)).toEqual([])
    expect(JSON.parse(coolportsDoor(tree, 'fetch', 'top', '--closure', '--json').out)).toMatchObject([
      { file: 'source.tar', sha256: sha256('a source'), store: null },
    ])
    expect(coolportsDoor(tree, 'fetch', 'top', '--closure')).toMatchObject({ status: 0 })
    expect(coolportsDoor(tree, 'fetch', 'deep', '--where').out).toContain('source.tar')
  })

  test('a tree without them is told so', () => {
    expect(coolportsDoor(new Tree(packages()), 'build', 'tool')).toMatchObject({ status: 2, out: '' })
  })
})

test('a reader that leaves, of the answer or of what is said beside it, changes no exit status', () => {
  const statusOf = (words: string) =>
    execFileSync('sh', ['-c', `{ { bin/coolports ${words} 3>&-; echo $? >&3; } 2>&1 | true; } 3>&1`], {
      encoding: 'utf8',
    })
  expect(statusOf('nonsense')).toBe('2\n')
  expect(statusOf('--help')).toBe('0\n')
})
