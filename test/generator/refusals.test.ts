import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { manifest, Tree } from '../support/tree.ts'

const SHA = 'a'.repeat(64)
const program = resolve(import.meta.dirname, '../../dist/gen.js')

/** The line of the first field of a manifest() is 4. */
const refusalOf = (fields: Record<string, string | undefined>, head = ''): Promise<string> =>
  new Tree({ 'pkg/a/package.ts': manifest(fields, head), 'pkg/zlib/package.ts': manifest() }).refusals()

describe('a manifest is refused at file:line:column', () => {
  test('with the nearest name, when it depends on an unknown package', async () => {
    expect(await refusalOf({ buildDeps: "['zlbi']" })).toBe(
      'pkg/a/package.ts:12:15: cannot depend on "zlbi": there is no such package\n  did you mean "zlib"?',
    )
  })

  test('with the way to begin a package, when no name is near', async () => {
    expect(await refusalOf({ runDeps: "['zlib', 'postgresql']" })).toBe(
      'pkg/a/package.ts:12:21: cannot depend on "postgresql": there is no such package\n  bin/new-package pkg/postgresql begins one',
    )
  })

  test('with the whole trail, when packages depend on each other in a circle', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest({ buildDeps: "['b']" }),
      'pkg/b/package.ts': manifest({ runDeps: "['c']" }),
      'pkg/c/package.ts': manifest({ buildDeps: "['a']" }),
    })
    expect(await tree.refusals()).toBe(
      [
        'pkg/a/package.ts:12:15: cannot order the packages: they depend on each other in a circle',
        '  a needs b (pkg/a/package.ts:12:15)',
        '  b needs c (pkg/b/package.ts:12:13)',
        '  c needs a (pkg/c/package.ts:12:15)',
        '  take one of these dependencies out, or build one of the packages from the seed',
      ].join('\n'),
    )
  })

  test('with the circle alone, and once, though others lead to it', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest({ buildDeps: "['b', 'd']" }),
      'pkg/b/package.ts': manifest({ buildDeps: "['c']" }),
      'pkg/c/package.ts': manifest({ buildDeps: "['b']" }),
      'pkg/d/package.ts': manifest({ buildDeps: "['d']" }),
    })
    expect((await tree.refusals()).split('\n').filter(line => line.includes(' needs '))).toEqual([
      '  b needs c (pkg/b/package.ts:12:15)',
      '  c needs b (pkg/c/package.ts:12:15)',
      '  d needs d (pkg/d/package.ts:12:15)',
    ])
  })

  test('but not when only its test needs what needs it', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest({ testDeps: "['b']" }),
      'pkg/b/package.ts': manifest({ buildDeps: "['a']" }),
    })
    expect(await tree.refusals()).toBe('')
  })

  test('when it depends on itself', async () => {
    expect(await refusalOf({ buildDeps: "['a']" })).toContain('a needs a (pkg/a/package.ts:12:15)')
  })

  test('when a dependency is a manifest in place of a name, and of that alone', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest({ runDeps: '[b, b]' }, "import b from '../b/package.ts'"),
      'pkg/b/package.ts': manifest(),
    })
    expect(await tree.refusals()).toBe(
      [0, 1]
        .map(at => `pkg/a/package.ts:12:${13 + 3 * at}: cannot accept runDeps[${at}]: it is not a text`)
        .join('\n'),
    )
  })

  test('when a digest is bad', async () => {
    const text = await refusalOf({
      sources: `[{ sha256: '${SHA.slice(1)}G', urls: ['https://example.org/x.tar'] }]`,
    })
    expect(text).toContain(
      'pkg/a/package.ts:12:23: cannot accept a sha256: it is not 64 lower-case hexadecimal digits',
    )
    expect(text).toContain(
      `got "${SHA.slice(1)}G"\n  sha256sum FILE prints it; where it is 64 zeros, coolports fetch says which one came from where`,
    )
  })

  test('when one source is said as well as several', async () => {
    const source = `{ sha256: '${SHA}', url: 'https://example.org/x.tar' }`
    expect(await refusalOf({ source, sources: `[${source}]` })).toContain(
      'pkg/a/package.ts:12:11: cannot accept source: there are sources as well\n  one is said as source, several as sources',
    )
  })

  test('when one url is said as well as several, or none', async () => {
    const urls = "url: 'https://example.org/x.tar', urls: ['https://example.com/x.tar']"
    expect(await refusalOf({ source: `{ sha256: '${SHA}', ${urls} }` })).toContain(
      'pkg/a/package.ts:12:94: cannot accept source.url: there are urls as well',
    )
    expect(await refusalOf({ sources: `[{ sha256: '${SHA}' }]` })).toContain(
      'pkg/a/package.ts:12:13: cannot accept sources[0]: the field "url" is missing',
    )
  })

  test('when several sources stand where one belongs', async () => {
    expect(await refusalOf({ source: `[{ sha256: '${SHA}', url: 'https://example.org/x.tar' }]` })).toBe(
      'pkg/a/package.ts:12:11: cannot accept source: it is not an object',
    )
  })

  test('when a folder to unpack into leads outside, and when it has a blank', async () => {
    const into = (folder: string) =>
      refusalOf({ source: `{ sha256: '${SHA}', url: 'https://example.org/x.tar', into: '${folder}' }` })
    expect(await into('../x')).toContain('source.into: it leads outside of the build folder: "../x"')
    expect(await into('a b')).toContain('source.into: it is not a plain path: "a b"')
  })

  test('when a package that is its source says how it would be built', async () => {
    const head = "import { importArchive } from 'coolports'"
    const source = `{ sha256: '${SHA}', url: 'https://example.org/x.tar' }`
    const fields = { source, build: 'importArchive()', check: undefined }
    expect(await refusalOf(fields, head)).toBe('')
    const why = 'a package that is its source is not built\n  leave the field out'
    expect(await refusalOf({ ...fields, strip: "'none'", env: "{ A: 'b' }" }, head)).toBe(
      [
        `pkg/a/package.ts:13:8: cannot accept env: ${why}`,
        `pkg/a/package.ts:12:10: cannot accept strip: ${why}`,
      ].join('\n'),
    )
    expect(await refusalOf({ ...fields, postInstall: 'sh`true`' }, head)).toContain(
      'cannot accept postInstall: a package that is its source holds what the source holds',
    )
    const elsewhere = source.replace(' }', ", into: 'usr' }")
    for (const [said, place] of [
      [{ source: elsewhere }, 'source.into'],
      [{ source: undefined, sources: `[${elsewhere}]` }, 'sources[0].into'],
    ] as const)
      expect(await refusalOf({ ...fields, ...said }, head)).toContain(
        `cannot accept ${place}: a package that is its source is that as it stands\n  leave the field out`,
      )
    const two = `[${source}, ${source.replace('x.tar', 'y.tar')}]`
    expect(await refusalOf({ ...fields, source: undefined, sources: two }, head)).toContain(
      'cannot accept build: a package that is its source has one source',
    )
    const tree = new Tree({ 'pkg/a/package.ts': manifest(fields, head), 'pkg/a/files/a.patch': '' })
    expect(await tree.refusals()).toContain(
      'cannot accept build: a package that is its source has no use for files/a.patch',
    )
  })

  test('when neither it nor the url of its source tells where newer versions are found', async () => {
    expect(await refusalOf({ update: undefined })).toBe(
      "pkg/a/package.ts:3:30: cannot accept update: where newer versions are found is not said, and the url does not tell\n  add update: { kind: 'listing' or 'git-tags', url: '…', pattern: '…' }, or { kind: 'fixed', why: '…' }",
    )
  })

  test('where it names the build system, when what that runs is not in the tree', async () => {
    expect(
      await refusalOf({ build: 'staticAutotools()' }, "import { staticAutotools } from 'coolports'"),
    ).toBe(
      'pkg/a/package.ts:8:10: cannot depend on "seed": there is no such package\n  bin/new-package pkg/seed begins one',
    )
  })

  test('when a patch is missing, be there one of that name in a folder', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest({ patches: "['below/fix.patch', 'fix.patch']" }),
      'pkg/a/files/below/fix.patch': '',
    })
    expect(await tree.refusals()).toBe(
      'pkg/a/package.ts:12:32: cannot apply "fix.patch": there is no such file\n  looked in pkg/a/files',
    )
    expect(await refusalOf({ patches: "['fix.patch']" })).toBe(
      'pkg/a/package.ts:12:13: cannot apply "fix.patch": there is no such file\n  looked in pkg/a/files',
    )
  })

  test.each([
    ["['/bin/su']", '12:12: cannot accept setuid[0]: its name is absolute: "/bin/su"'],
    ["['bin/su', '../su']", '12:22: cannot accept setuid[1]: its name leads outside by "..": "../su"'],
    ["['bin/su', 'bin/su']", '12:22: cannot accept setuid[1]: "bin/su" is named twice'],
    [
      "['./bin/su']",
      '12:12: cannot accept setuid[0]: it is written in another way than in the package: "./bin/su"',
    ],
    [
      "['bin/su\\nbuild import']",
      '12:12: cannot accept setuid[0]: its name or target holds a control character',
    ],
    ["['']", '12:12: cannot accept setuid[0]: it is empty'],
    ["'bin/su'", '12:11: cannot accept setuid: it is not a list'],
    ['[4755]', '12:12: cannot accept setuid[0]: it is not a text'],
  ])('when its set-uid files are %s', async (setuid, why) => {
    expect((await refusalOf({ setuid })).split('\n')[0]).toContain(`pkg/a/package.ts:${why}`)
  })

  test.each([
    ['version', "'1-2'", 'version: it has other characters than letters, digits and + . _ ~: "1-2"'],
    ['version', "'~1'", 'version: it has other characters than letters, digits and + . _ ~: "~1"'],
    ['release', '0', 'release: it is not a whole number above 0'],
    ['release', '1.5', 'release: it is not a whole number above 0'],
    ['release', "'2'", 'release: it is not a whole number above 0'],
    ['description', "'one\\ntwo'", 'description: it has control characters or more than one line'],
    ['description', "'\\x1b[31m'", 'description: it has control characters or more than one line'],
    ['description', "'a\\0b'", 'description: it has a NUL in it'],
    ['homepage', "'example.org'", 'homepage: it is not a url: "example.org"'],
    [
      'homepage',
      "'ssh://example.org'",
      'homepage: it is not an http:, https:, ftp: or file: url: "ssh://example.org"',
    ],
    ['homepage', "'https://example.org/a b'", 'homepage: it is not a url: "https://example.org/a b"'],
    ['homepage', "'https://[example.org'", 'homepage: it is not a url: "https://[example.org"'],
    ['strip', "'some'", 'strip: it is not one of "all", "debug", "none"'],
    ['hostPaths', "['usr']", 'hostPaths[0]: it is not a plain absolute path: "usr"'],
    ['hostPaths', "['/']", 'hostPaths[0]: it is not a plain absolute path: "/"'],
    ['hostPaths', "['/usr', '/usr/../x']", 'hostPaths[1]: it is not a plain absolute path: "/usr/../x"'],
    ['hostPaths', "['/a b']", 'hostPaths[0]: it is not a plain absolute path: "/a b"'],
    ['env', "['A=b']", 'env: it is not an object of names and values'],
    ['env', "{ 'A;id': 'x' }", 'env.A;id: it is not the name of a variable'],
    ['env', "{ '1A': 'x' }", 'env.1A: it is not the name of a variable'],
    ['env', "{ A: 'x\\ny' }", 'env.A: it has control characters or more than one line'],
    ['env', '{ A: 1 }', 'env.A: it is not a text'],
    ['runDeps', "['zlib', 'zlib']", 'runDeps[1]: "zlib" is named twice'],
    ['test', "skip(' ')", 'test: it is not a script'],
    ['test', "skip('a\\nid')", 'test: it has control characters or more than one line'],
    ['check', "skip('a\\nid')", 'check: it has control characters or more than one line'],
    ['update', 'null', 'update: it is not an object'],
    ['update', "{ kind: 'fixed', why: 'a\\nb' }", 'update.why: it has control characters'],
    ['update', "{ kind: 'hourly', url: 'https://a.org', pattern: '(x)' }", 'update.kind: it is not one of'],
    ['update', "{ kind: 'listing', url: 'a.org', pattern: '(x)' }", 'update.url: it is not a url: "a.org"'],
    [
      'update',
      "{ kind: 'listing', url: 'https://a.org', pattern: 'x' }",
      'update.pattern: it has no group for the version',
    ],
    [
      'update',
      "{ kind: 'listing', url: 'https://a.org', pattern: '(x' }",
      'update.pattern: it is not a regular expression',
    ],
  ])('when its %s is %s', async (field, value, why) => {
    expect(await refusalOf({ [field]: value })).toContain(`: cannot accept ${why}`)
  })

  test.each([
    ["unpack: 'no'", 'source.unpack: it is not true or false'],
    ['urls: []', 'source.urls: it names no url'],
    ["into: ''", 'source.into: it is empty'],
    ["into: 'a/../../b'", 'source.into: it leads outside of the build folder'],
    ["into: '/a'", 'source.into: it leads outside of the build folder'],
    ["into: 'a//b'", 'source.into: it is not a plain path'],
    ["into: '-a'", 'source.into: it is not a plain path'],
    ["unpack: false, into: 'a'", 'source.into: the source is not unpacked'],
    ["urls: [], file: 'a b'", 'source.file: it is not a plain file name'],
    ["url: 'https://example.org/a b'", 'source.url: it is not a url'],
    ["url: 'https://example.org/'", 'source.url: it is not a plain file name: ""'],
  ])('when its source says %s', async (said, why) => {
    const url = said.includes('url') ? '' : "url: 'https://example.org/x.tar', "
    expect(await refusalOf({ source: `{ sha256: '${SHA}', ${url}${said} }` })).toContain(
      `: cannot accept ${why}`,
    )
  })

  test('when two sources have one file name', async () => {
    const source = (host: string) => `{ sha256: '${SHA}', urls: ['https://${host}/x.tar'] }`
    expect(await refusalOf({ sources: `[${source('a.org')}, ${source('b.org')}]` })).toContain(
      'cannot name a source "x.tar": another source of the package has that file name',
    )
  })

  test('when it has the name of another package', async () => {
    expect(await refusalOf({ name: "'zlib'" })).toContain(
      'pkg/a/package.ts:12:9: cannot name a package "zlib": another package has that name',
    )
  })

  test('when it has another name than its folder', async () => {
    expect(await refusalOf({ name: "'b'" })).toContain(
      'pkg/a/package.ts:12:9: cannot accept name: the folder is pkg/a\n  a package is named as its folder',
    )
  })

  test('when a field is missing', async () => {
    expect(await refusalOf({ license: undefined })).toBe(
      'pkg/a/package.ts:3:30: cannot accept the manifest: the field "license" is missing',
    )
  })

  test('when a field is misspelt', async () => {
    expect(await refusalOf({ buildDep: "['zlib']" })).toContain(
      'there is no such field\n  did you mean "buildDeps"?',
    )
  })

  test('when a plain string stands for a build script', async () => {
    expect(await refusalOf({ build: "'make'" })).toContain(
      'pkg/a/package.ts:8:10: cannot accept build: it is not a script',
    )
  })

  test('when a shell variable stands in the braces of JavaScript', async () => {
    expect(await refusalOf({ build: 'sh`\n  echo ${PREFIX}\n`' })).toContain(
      'pkg/a/package.ts:9:10: cannot evaluate the manifest: PREFIX is not defined',
    )
  })

  test('with its import, when a name of the manifest API is used without one', async () => {
    expect(await refusalOf({ build: 'cmake()' })).toBe(
      "pkg/a/package.ts:8:10: cannot evaluate the manifest: cmake is not defined\n  import it: import { cmake } from 'coolports'",
    )
  })

  test('in a manifest with types as in one without', async () => {
    const head = 'type Text = string\nconst why: Text = `an ${NOTHING}`\nvoid why'
    expect(await refusalOf({}, head)).toContain('pkg/a/package.ts:3:25: cannot evaluate the manifest')
    expect(await refusalOf({}, head.replace(': Text', '').replace('type Text = string', ''))).toContain(
      'pkg/a/package.ts:3:19: cannot evaluate the manifest: NOTHING is not defined',
    )
  })

  test('after an import of many lines, in the line of its export', async () => {
    const tree = new Tree({
      'pkg/a/package.ts':
        "const before = 1\nimport {\n  definePackage as define,\n  sh,\n} from 'coolports'\n\nvoid before; export default define({ build: sh`${NOTHING}` })\n",
    })
    expect(await tree.refusals()).toContain('pkg/a/package.ts:7:50: cannot evaluate the manifest: NOTHING')
  })

  test('when it imports a manifest that is not there', async () => {
    expect(await refusalOf({}, "import x from '../zlbi/package.ts'; void x")).toBe(
      'pkg/a/package.ts:2:15: cannot import "../zlbi/package.ts": there is no such package\n  did you mean "zlib"?',
    )
    expect(await refusalOf({}, "import x from '../nothing/package.ts'; void x")).toContain(
      'there is no such package\n  bin/new-package pkg/nothing begins one',
    )
  })

  test('when it imports a manifest that cannot be read', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest({}, "import x from '../b/package.ts'; void x"),
      'pkg/b/package.ts': 'export default {',
    })
    expect(await tree.refusals()).toContain(
      'pkg/a/package.ts:2:15: cannot evaluate the manifest: the manifest of b, which it imports, cannot be read',
    )
  })

  test('with what is defined, when it names what is not, and only then', async () => {
    const remedy = 'a manifest sees the manifest API'
    expect(await refusalOf({ version: 'nothing' })).toContain(remedy)
    expect(await refusalOf({ version: 'null.version' })).toContain(
      'cannot evaluate the manifest: Cannot read',
    )
    expect(await refusalOf({ version: 'null.version' })).not.toContain(remedy)
  })

  test.each([
    ['build', 'autotools', 'build: it is a function\n  its call has parentheses: autotools()'],
    ['version', "Symbol('x')", 'version: it is a symbol\n  a manifest is data, which is there at once'],
    ['release', '1n', 'release: it is a bigint'],
    ['release', '1 / 0', 'release: it is Infinity'],
    ['test', '(async () => sh`x`)()', 'test: it is a promise'],
    ['env', 'new Map()', 'env: it is an object of the class Map'],
  ])('when the field %s is %s', async (field, value, why) => {
    const text = await refusalOf({ [field]: value })
    expect(text).toContain(`: cannot accept ${why}`)
    expect(text).toMatch(/^pkg\/a\/package\.ts:\d+:\d+: [^\n]*\n {2}[^\n]*$/)
  })

  test('when it is a promise, or holds itself', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': `export default (async () => ({ version: '1' }))()\n`,
      'pkg/b/package.ts': `const env = {}\nenv.x = [env]\nexport default { env }\n`,
      'pkg/c/package.ts': `export default () => ({ version: '1' })\n`,
    })
    expect((await tree.refusals()).split('\n').filter(line => !line.startsWith(' '))).toEqual([
      'pkg/a/package.ts:1:16: cannot accept the manifest: it is a promise',
      'pkg/b/package.ts:3:18: cannot accept env.x[0]: it is what holds it',
      'pkg/c/package.ts:1:16: cannot accept the manifest: it is a function',
    ])
  })

  test('when nothing gives its build a shell', async () => {
    const why = "no package gives the build a shell\n  add buildDeps: ['seed']"
    expect(await refusalOf({ buildDeps: undefined })).toBe(
      `pkg/a/package.ts:8:10: cannot accept build: ${why}`,
    )
    expect(await refusalOf({ buildDeps: '[]' })).toBe(
      `pkg/a/package.ts:12:14: cannot accept buildDeps: ${why}`,
    )
    expect(await refusalOf({ buildDeps: undefined, hostPaths: "['/bin']" })).toBe('')
  })

  test('once, where its build-deps are no list', async () => {
    expect(await refusalOf({ buildDeps: "'zlib'" })).toBe(
      'pkg/a/package.ts:12:14: cannot accept buildDeps: it is not a list',
    )
  })

  test('when a text is empty', async () => {
    expect(await refusalOf({ description: "''" })).toBe(
      'pkg/a/package.ts:5:16: cannot accept description: it is empty',
    )
  })

  test('when it has a field that every object has', async () => {
    const text = await refusalOf({ toString: '1', constructor: '2' })
    for (const field of ['toString', 'constructor'])
      expect(text).toContain(`cannot accept ${field}: there is no such field`)
  })

  test('when it waits for something', async () => {
    expect(await refusalOf({}, 'void 0; await 0')).toMatch(
      /^pkg\/a\/package\.ts:2:9: cannot read the manifest: await/,
    )
  })

  test('when it imports at run time', async () => {
    expect(await refusalOf({}, "void import('../zlib/package.ts')")).toContain(
      'pkg/a/package.ts:2:6: cannot evaluate the manifest: a manifest imports by declarations alone',
    )
  })

  test('when its syntax is wrong', async () => {
    expect(await refusalOf({ version: "'1" })).toContain(
      'pkg/a/package.ts:4:15: cannot read the manifest: Unterminated string literal',
    )
  })

  test('once, when a regular expression in it is none', async () => {
    expect(await refusalOf({}, 'const x = /(/')).toMatch(
      /^pkg\/a\/package\.ts:2:\d+: cannot read the manifest: Invalid regular expression[^\n]*$/,
    )
  })

  test('when a post-install script is none', async () => {
    expect(await refusalOf({ postInstall: "'echo'" })).toContain(
      'cannot accept postInstall: it is not a script',
    )
  })

  test('when how the check is run is not said', async () => {
    expect(await refusalOf({ check: undefined })).toContain(
      'cannot accept build: how the check is run is not said',
    )
  })

  test('when its licence is no SPDX expression', async () => {
    expect(await refusalOf({ license: "'GPL'" })).toContain(
      'cannot accept license: it is not an SPDX expression: "GPL"',
    )
  })
})

describe('a manifest sees the manifest API and other manifests, nothing else', () => {
  test.each([
    ['the process', 'process.env.HOME', 'a manifest cannot see the process (process)'],
    ['the clock', 'new Date().getTime()', 'a manifest cannot see the clock (Date)'],
    ['randomness', 'Math.random()', 'a manifest cannot see randomness (Math.random)'],
    ['the network', "fetch('https://example.org')", 'a manifest cannot see the network (fetch)'],
    [
      'the locale',
      "'a'.localeCompare('b')",
      'a manifest cannot see the locale (String.prototype.localeCompare)',
    ],
    [
      'what others left behind',
      'Object.assign(globalThis, { x: 1 })',
      'a manifest cannot see what other manifests left behind',
    ],
    ['a module of the system', "require('node:fs')", 'cannot import "node:fs"'],
    [
      'code made of text',
      "(() => {}).constructor('return process')()",
      'Code generation from strings disallowed for this context',
    ],
    [
      'the program around it, by what it was made of',
      "constructor.constructor('return process')()",
      'Code generation from strings disallowed for this context',
    ],
    ['the global object', '(function () { return this })().x = 1', 'Cannot set properties of undefined'],
    [
      'the language changed for others',
      'Object.assign(Array.prototype, { x: 1 })',
      'object is not extensible',
    ],
    ['a method changed for others', '[].map.x = 1', 'object is not extensible'],
    ['the manifest API changed for others', 'sh.x = 1', 'object is not extensible'],
    [
      'the way through a list changed for others',
      'Object.getPrototypeOf([].values()).next = 1',
      "Cannot assign to read only property 'next'",
    ],
    ['the last match of others', "RegExp['$1'].length", 'Cannot read properties of undefined'],
  ])('not %s', async (_, code, why) => {
    expect(await refusalOf({}, `const x: unknown = ${code}\nvoid x`)).toMatch(
      /^pkg\/a\/package\.ts:2:\d+: cannot /,
    )
    expect(await refusalOf({}, `const x: unknown = ${code}\nvoid x`)).toContain(why)
  })

  test.each([
    'node:fs',
    'fs',
    '../../helpers/x.ts',
    '../../helpers/package.ts',
    '../a/../zlib/package.ts',
    '../a/other.ts',
    'yargs',
  ])('and imports no %s', async specifier => {
    expect(await refusalOf({}, `import * as x from '${specifier}'; void x`)).toContain(
      `pkg/a/package.ts:2:20: cannot import "${specifier}": a manifest imports "coolports" and other manifests`,
    )
  })

  test('nor anything else that is another one elsewhere, or at another time', async () => {
    const seen = ['Date', 'performance', 'Math.random', 'Intl', "''.localeCompare", "''.toLocaleLowerCase"]
    seen.push("''.toLocaleUpperCase", '0..toLocaleString', '0n.toLocaleString', '[].toLocaleString')
    seen.push('({}).toLocaleString', 'WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics')
    seen.push('WebAssembly', 'console', 'process', 'fetch', 'setTimeout', 'setInterval', 'queueMicrotask')
    seen.push('Deno', 'Bun', 'globalThis', 'Temporal', 'ShadowRealm')
    const manifests = seen.map((code, index) => [`pkg/p${index}/package.ts`, manifest({}, `void ${code}`)])
    const said = await new Tree(Object.fromEntries(manifests)).refusals()
    for (const [index, code] of seen.entries())
      expect(said, code).toMatch(
        new RegExp(`^pkg/p${index}/package.ts:2:\\d+: .* a manifest cannot see `, 'm'),
      )
  })

  test('nor where the program around it lies, by what a stack tells', async () => {
    const deep = `const deep = (n: number): string => (n > 0 ? deep(n - 1) : new Error('x').stack ?? '')`
    const tree = new Tree({
      'pkg/a/package.ts': manifest({ env: '{ A: `${deep(2)}`.split("\\n").join(", ") }' }, deep),
    })
    expect(await tree.refusals()).toBe('')
    expect(tree.read('pkg/a/.pkg.tar.gz.do')).toMatch(
      /export A='(?:at (?:deep \()?pkg\/a\/package\.ts:\d+:\d+\)?(?:, )?){4}'\n/,
    )
  })

  test.each([
    ['the object', 'Object.assign(a, { version: 2 })'],
    ['what is in it', 'a.env.A = 2'],
    ['a list in it', "a.hostPaths.push('/usr')"],
    ['what is in one that it froze', "import f from '../f/package.ts'; f.env.A = 2"],
    ['the module', "import * as all from '../a/package.ts'; all.default = 1"],
  ])('and changes nothing of a manifest that it imports: not %s', async (_, code) => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest({ env: "{ A: '1' }" }),
      'pkg/f/package.ts': manifest({ env: "{ A: '1' }" }).replace('definePackage({', 'Object.freeze({'),
      'pkg/b/package.ts': manifest({}, `import a from '../a/package.ts'; ${code}`),
    })
    expect(await tree.refusals()).toMatch(
      /^pkg\/b\/package\.ts:2:\d+: cannot evaluate the manifest: Cannot (?:assign|add)/,
    )
  })

  test('and leads no other manifest astray by what loads them', async () => {
    const code = "__modules.define('coolports', [], () => ({}))"
    expect(await refusalOf({}, code)).toMatch(
      /^pkg\/a\/package\.ts:2:\d+: cannot evaluate the manifest: Cannot read properties of undefined/,
    )
  })

  test('and is stopped when it does not end', async () => {
    expect(await refusalOf({}, 'for (;;) {}')).toContain(
      'cannot evaluate the manifest: it did not end within 10 s',
    )
  }, 30_000)
})

test('all problems are told, of all manifests, and no rules are written of those', async () => {
  const tree = new Tree({
    'pkg/good/package.ts': manifest(),
    'pkg/a/package.ts': manifest({ license: "'GPL'", buildDeps: "['nope']", version: "'1 0'" }),
    'pkg/b/package.ts': manifest({ build: "'make'" }),
    'pkg/c/package.ts': 'export default {',
    'pkg/Bad Name/package.ts': manifest(),
  })
  const { problems, refused, changed } = await tree.generate()
  expect(problems.map(problem => problem.kind).sort()).toEqual([
    'field',
    'field',
    'field',
    'folder-name',
    'syntax',
    'unknown-dependency',
  ])
  expect(refused).toEqual(['Bad Name', 'a', 'b', 'c'])
  expect(changed.filter(path => /^pkg\/(?:a|b|c|Bad Name)\//.test(path))).toEqual([])
  expect(tree.read('pkg/good/.pkghash.do')).toContain('name good\n')
  expect(tree.read('pkg/.api.do')).toContain('templates/index.ts')
})

test('problems are told file by file, each from its top', () => {
  const tree = new Tree({
    'pkg/b/package.ts': manifest({ buildDeps: "['none']", license: "'none'" }),
    'pkg/a/package.ts': manifest({ runDeps: "['none']", buildDeps: "['none']", homepage: "'none'" }),
  })
  const { stderr } = spawnSync(process.execPath, [program, '--root', tree.root], { encoding: 'utf8' })
  const places = stderr.split('\n').flatMap(line => /^(pkg\S*):(\d+):\d+: /.exec(line)?.slice(1) ?? [])
  expect(places.filter((_, at) => at % 2 === 0)).toEqual(
    ['a', 'a', 'a', 'b', 'b'].map(name => `pkg/${name}/package.ts`),
  )
  const lines = places.filter((_, at) => at % 2 === 1).map(Number)
  expect(lines.slice(0, 3)).toEqual(lines.slice(0, 3).sort((a, b) => a - b))
  expect(lines.slice(3)).toEqual(lines.slice(3).sort((a, b) => a - b))
})

test.each(['-rf', 'a b', 'a\nb', "a'b", 'Make', 'ä'])('a folder named %j is refused', async name => {
  const tree = new Tree({ [`pkg/${name}/package.ts`]: manifest() })
  expect(await tree.refusals()).toContain(`cannot take ${JSON.stringify(name)} for a package`)
})

test('a manifest that is there and cannot be read is refused, not left out', async () => {
  const tree = new Tree({
    'pkg/a/package.ts': manifest(),
    'pkg/b/package.ts': manifest({}, "import a from '../a/package.ts'"),
  })
  // Node reads no file of such a size, whoever runs the tests; root may read all others.
  truncateSync(join(tree.root, 'pkg/a/package.ts'), 3 * 1024 ** 3)
  expect(await tree.refusals()).toMatch(
    /cannot read "pkg\/a\/package.ts": it is too large\n.*the manifest of a, which it imports, cannot be read/,
  )
})

describe('what is no plain file or folder is refused', () => {
  const refusals = async (change: (root: string) => void): Promise<string> => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest(), 'other/package.ts': manifest(), 'other/x': '' })
    // With the memory of a run in which all was well.
    await tree.generate()
    change(tree.root)
    return tree.refusals()
  }

  test.each([
    ['a folder', '../other', 'pkg/b', 'cannot read "pkg/b": it is a symlink, and a package is a folder'],
    [
      'a manifest',
      '../../other/package.ts',
      'pkg/a/package.ts',
      'cannot read "pkg/a/package.ts": it is not a plain file',
    ],
    ['files/', '../../other', 'pkg/a/files', 'cannot read "pkg/a/files": it is not a folder'],
    ['files/ that leads nowhere', 'nowhere', 'pkg/a/files', 'cannot read "pkg/a/files": it is not a folder'],
  ])('%s that is a symlink', async (_, target, path, why) => {
    const said = await refusals(root => {
      rmSync(join(root, path), { force: true })
      symlinkSync(target, join(root, path))
    })
    expect(said).toBe(`coolports-gen: ${why}`)
  })

  test('a file called files', async () => {
    expect(await refusals(root => writeFileSync(join(root, 'pkg/a/files'), ''))).toContain(
      'it is not a folder',
    )
  })

  test.each(['two\nlines', 'carriage\rreturn', 'back\\slash'])('a file named %j in files/', async name => {
    const said = await refusals(root => {
      mkdirSync(join(root, 'pkg/a/files/below'), { recursive: true })
      writeFileSync(join(root, 'pkg/a/files/below', name), '')
    })
    expect(said).toContain(
      `cannot read ${JSON.stringify(`pkg/a/files/below/${name}`)}: files/ holds plain files with plain names`,
    )
  })

  test('a file in files/ whose name is no UTF-8', async () => {
    const said = await refusals(root => {
      mkdirSync(join(root, 'pkg/a/files'))
      writeFileSync(Buffer.concat([Buffer.from(join(root, 'pkg/a/files/x')), Buffer.of(0xff)]), '')
    })
    expect(said).toContain('cannot read "pkg/a/files/x\uFFFD": files/ holds plain files with plain names')
  })

  test('a symlink in files/, to a file as well as to a folder', async () => {
    for (const target of ['../../../other/x', '../../../other']) {
      const said = await refusals(root => {
        mkdirSync(join(root, 'pkg/a/files'))
        symlinkSync(target, join(root, 'pkg/a/files/link'))
      })
      expect(said).toContain('cannot read "pkg/a/files/link": files/ holds plain files')
    }
  })

  test('but a symlink beside the packages that leads to none', async () => {
    expect(await refusals(root => symlinkSync('../package.json', join(root, 'pkg/c')))).toBe('')
    expect(await refusals(root => symlinkSync('nowhere', join(root, 'pkg/c')))).toBe('')
  })
})

test.each(['../x', 'a/b', '-x', 'a\nb', "it's", '.hidden'])(
  'a source file named %j is refused',
  async name => {
    const source = `{ sha256: '${SHA}', urls: ['https://example.org/x'], file: ${JSON.stringify(name)} }`
    expect(await refusalOf({ sources: `[${source}]` })).toContain('it is not a plain file name')
  },
)

test('a file in files/ may be called by words, and a hidden folder is no package', async () => {
  const tree = new Tree({
    'pkg/a/package.ts': manifest({ patches: '["it\'s one.patch"]' }),
    "pkg/a/files/it's one.patch": '',
    'pkg/.a/package.ts': manifest(),
  })
  expect(await tree.refusals()).toBe('')
  expect(tree.read('pkg/a/.pkg.tar.gz.do')).toContain("patch -p1 <'/files/it'\\''s one.patch'\n")
})

test('a value in a script is one shell word, whatever it holds', async () => {
  const tree = new Tree({
    'pkg/a/package.ts': manifest({ build: "sh`echo ${'$(id) it\\'s'} ${['a b', 'c']} ${[]} x`" }),
  })
  await tree.generate()
  expect(tree.read('pkg/a/.pkg.tar.gz.do')).toContain("echo '$(id) it'\\''s' 'a b' c x\n")
})

test('manifests that import each other in a circle are refused with the trail', async () => {
  const tree = new Tree({
    'pkg/a/package.ts': manifest({ version: 'b.version' }, "import b from '../b/package.ts'"),
    'pkg/b/package.ts': manifest({ version: 'a.version' }, "import a from '../a/package.ts'"),
  })
  expect(await tree.refusals()).toContain(
    'manifests import each other in a circle: pkg/a/package.ts → pkg/b/package.ts → pkg/a/package.ts',
  )
})

test('a pattern that is missing is told once', async () => {
  expect(await refusalOf({ update: "{ kind: 'listing', url: 'https://a.org' }" })).toMatch(
    /^pkg\/a\/package\.ts:\d+:\d+: cannot accept update: the field "pattern" is missing$/,
  )
})

test('a name that an import does not export is refused, and no field left out', async () => {
  expect(await refusalOf({ runDeps: 'deps' }, "import { deps } from '../zlib/package.ts'")).toBe(
    'pkg/a/package.ts:2:22: cannot evaluate the manifest: "pkg/zlib/package.ts" exports no "deps"\n  if it is a type, write: type deps',
  )
  expect(await refusalOf({ check: 'skpi' }, "import { skpi } from 'coolports'")).toContain(
    'cannot evaluate the manifest: "coolports" exports no "skpi"\n  did you mean "skip"?',
  )
  expect(await refusalOf({ check: 'cool.skip' }, "import cool from 'coolports'")).toBe(
    `pkg/a/package.ts:2:18: cannot evaluate the manifest: "coolports" exports no "default"\n  its names are imported in braces: import { NAME } from 'coolports'`,
  )
})

test('a name that an import does not export is refused in a manifest with types, and told once of one that others import', async () => {
  const tree = new Tree({
    'pkg/a/package.ts': manifest(
      { env: '{ A: `${Manifest}` }' },
      "import { Manifest } from 'coolports'\nconst m: Manifest | 1 = 1\nvoid m",
    ),
    'pkg/b/package.ts': manifest({ version: 'a.version' }, "import a from '../a/package.ts'"),
  })
  expect(await tree.refusals()).toBe(
    'pkg/a/package.ts:2:26: cannot evaluate the manifest: "coolports" exports no "Manifest"\n  if it is a type, write: type Manifest',
  )
})

test('a type is imported without the word `type`', async () => {
  const typed = "import { Manifest } from 'coolports'\nconst more: Partial<Manifest> = {}\nvoid more"
  expect(await refusalOf({}, typed)).toBe('')
  expect(await refusalOf({}, "import { Manifest } from 'coolports'")).toBe('')
})

test('all that a module exports can be asked for what it may not have, and be looked through', async () => {
  const head = "import * as c from 'coolports'\nimport * as z from '../zlib/package.ts'"
  const env =
    '{ A: c.future ? c.future() : "none", B: `${JSON.stringify(c).length > 1}`, C: Object.keys(z).join() }'
  const tree = new Tree({ 'pkg/a/package.ts': manifest({ env }, head), 'pkg/zlib/package.ts': manifest() })
  expect(await tree.refusals()).toBe('')
  expect(tree.read('pkg/a/.pkghash.do')).toContain('A=none\n| export B=true\n| export C=default\n')
})

test('a module is its default export, however it says so', async () => {
  const tree = new Tree({
    'pkg/a/package.ts': manifest(
      { version: 'two.default.version' },
      "import one, * as two from '../b/package.ts'\nvoid one",
    ),
    'pkg/b/package.ts': manifest().replace('export default', 'const b =').concat('export { b as default }\n'),
  })
  expect(await tree.refusals()).toBe('')
  await tree.generate()
  expect(tree.read('pkg/a/.pkghash.do')).toContain('version 1.0\n')
})

test('arguments of types are not comparisons', async () => {
  expect(await refusalOf({ build: 'lines<Array>(sh`x`)' })).toBe('')
})

test('a word of the shell that looks like an import is none', async () => {
  const here = "import x from 'fs'\nexport default y"
  const tree = new Tree({ 'pkg/a/package.ts': manifest({ build: `sh\`\n${here}\n\`` }) })
  expect(await tree.refusals()).toBe('')
  expect(tree.read('pkg/a/.pkg.tar.gz.do')).toContain(`\n${here}\n`)
})

test('a manifest that exports more than its package is refused', async () => {
  expect(await refusalOf({}, 'export const more = 1')).toContain('a manifest exports its package alone')
})

test('trouble with the files of the tree is told with the path', () => {
  const tree = new Tree()
  rmSync(join(tree.root, 'pkg'), { recursive: true })
  const { status, stderr } = spawnSync(process.execPath, [program, '--root', tree.root], { encoding: 'utf8' })
  expect(stderr).toBe(
    `coolports-gen: cannot emit the rules: there is no such folder\n  path "${tree.root}/pkg"\n`,
  )
  expect(status).toBe(2)
})
