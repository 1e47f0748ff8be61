import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sha256 as digest } from '../../core/digest.ts'
import { parsePkgKey } from '../../core/pkgkey.ts'
import { generate } from '../../generator/generate.ts'
import { isFresh, stampAt } from '../../generator/tree.ts'
import { mountSeconds } from '../support/mount.ts'
import { manifest, Tree } from '../support/tree.ts'

const golden = resolve(import.meta.dirname, 'golden')

function goldenTree(): Tree {
  const tree = new Tree()
  cpSync(join(golden, 'pkg'), join(tree.root, 'pkg'), {
    recursive: true,
    filter: path => !path.endsWith('.golden'),
  })
  return tree
}

/** The digests change with every edit of the manifest API; all else must not change unseen. */
const settled = (text: string): string =>
  text.replace(/\b[0-9a-f]{64}(?= {2}\.\.\/(core|generator|templates)\/)/g, 'DIGEST')

describe('manifest → emitted text', () => {
  test.each(['seed', 'hello', 'login'])('of %s is as it was agreed', async name => {
    const tree = goldenTree()
    expect((await tree.generate()).problems).toEqual([])
    for (const file of [
      '.pkghash.do',
      '.closure.do',
      '.bclosure.do',
      '.pkg.tar.gz.do',
      '.test.do',
      '.fetch',
    ]) {
      const agreed = join(golden, 'pkg', name, `${file.slice(1)}.golden`)
      await expect(tree.read(`pkg/${name}/${file}`)).toMatchFileSnapshot(agreed)
    }
  })

  test('of what all packages share is as it was agreed', async () => {
    const tree = goldenTree()
    await tree.generate()
    await expect(settled(tree.read('pkg/.api.do'))).toMatchFileSnapshot(join(golden, 'pkg/api.do.golden'))
  })

  test('is the same when the tree is read twice, or stands elsewhere', async () => {
    const [one, two] = [goldenTree(), goldenTree()]
    await one.generate()
    await two.generate()
    for (const file of readdirSync(join(one.root, 'pkg/hello')).filter(name => name.startsWith('.'))) {
      expect(two.read(`pkg/hello/${file}`)).toBe(one.read(`pkg/hello/${file}`))
    }
    expect(one.read('pkg/hello/.pkghash.do')).not.toContain(one.root)
  })
})

test('a manifest in its short form becomes the text of the long one', async () => {
  const sha256 = '1'.repeat(64)
  const url = "'https://ftp.gnu.org/gnu/a/a-1.0.tar.gz'"
  const emitted = async (fields: Record<string, string | undefined>): Promise<readonly string[]> => {
    const head = "import { staticAutotools } from 'coolports'"
    const text = manifest({ build: 'staticAutotools()', check: undefined, ...fields }, head)
    const tree = new Tree({ 'pkg/seed/package.ts': manifest(), 'pkg/a/package.ts': text })
    expect((await tree.generate()).problems).toEqual([])
    const names = readdirSync(join(tree.root, 'pkg/a')).filter(name => name.startsWith('.'))
    const ofManifest = /\b[0-9a-f]{64}(?= {2}package\.ts'$)/gm
    return names.map(name => tree.read(`pkg/a/${name}`).replace(ofManifest, 'DIGEST'))
  }
  const short = await emitted({ source: `{ url: ${url}, sha256: '${sha256}' }`, update: undefined })
  expect(short.join('')).toContain('build-dep seed')
  expect(short).toEqual(
    await emitted({
      sources: `[{ file: 'a-1.0.tar.gz', urls: [${url}], sha256: '${sha256}', into: '.', unpack: true }]`,
      buildDeps: "['seed']",
      update: "{ kind: 'listing', url: 'https://ftp.gnu.org/gnu/a/', pattern: 'a-([0-9.]+)' }",
    }),
  )
})

test('cmake installs at an empty prefix: below / GNUInstallDirs would put it into usr', async () => {
  const text = manifest({ build: 'cmake()', check: undefined }, "import { cmake } from 'coolports'")
  const tree = new Tree({ 'pkg/a/package.ts': text })
  expect((await tree.generate()).problems).toEqual([])
  expect(tree.read('pkg/a/.pkg.tar.gz.do')).toContain(' -DCMAKE_INSTALL_PREFIX= ')
})

describe('a static build', () => {
  const buildOf = async (build: string): Promise<string> => {
    const text = manifest(
      { build, check: undefined },
      "import { staticAutotools, staticMake } from 'coolports'",
    )
    const tree = new Tree({ 'pkg/seed/package.ts': manifest(), 'pkg/a/package.ts': text })
    expect((await tree.generate()).problems).toEqual([])
    expect(tree.read('pkg/a/.bclosure.do')).toContain('../seed/.closure')
    return tree.read('pkg/a/.pkg.tar.gz.do')
  }

  test('of a Makefile leaves it the last word on flags', async () => {
    expect(await buildOf("staticMake({ targets: ['x'], env: ['A=b c'] })")).toContain(
      [
        "export CC=cc CXX=c++ 'CFLAGS=-O2 -g0' 'CXXFLAGS=-O2 -g0' LDFLAGS=--static 'A=b c'",
        'make PREFIX= x',
        'make PREFIX= DESTDIR="$DESTDIR" install',
      ].join('\n'),
    )
    expect(await buildOf("staticAutotools({ env: ['CFLAGS=-O0'] })")).toMatch(
      /^export .*'CFLAGS=-O2 -g0' .* CFLAGS=-O0$/m,
    )
  })

  test('is checked with the words that it was made with', async () => {
    expect(await buildOf("staticMake({ make: ['A=b'] })")).toContain('\nmake A=b check\n')
  })

  test('is for another machine, unless it has to run what it compiled', async () => {
    const machines = / --build=(\S+) --host=(\S+) /
    expect(machines.exec(await buildOf('staticAutotools()'))?.slice(1)).toEqual([
      'x86_64-build-linux-gnu',
      'x86_64-linux-musl',
    ])
    expect(machines.exec(await buildOf('staticAutotools({ native: true })'))?.slice(1)).toEqual([
      'x86_64-linux-musl',
      'x86_64-linux-musl',
    ])
  })
})

describe('the key', () => {
  const keyOf = async (fields: Record<string, string>): Promise<string> => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest(fields) })
    expect((await tree.generate()).problems).toEqual([])
    const quoted = /^key='((?:[^']|'\\'')*)'$/m.exec(tree.read('pkg/a/.pkghash.do'))?.[1] ?? ''
    return quoted.replaceAll("'\\''", "'")
  }
  const saidBy = (key: string) => {
    const read = parsePkgKey(`${key}\n`)
    return read.ok ? read.value : read.error
  }
  const source = (url: string, digit = '1'): string =>
    `[{ sha256: '${digit.repeat(64)}', urls: ['${url}/x.tar'] }]`

  test('names set-uid files, in order, and has no line where there are none', async () => {
    const plain = await keyOf({})
    expect(plain).not.toContain('setuid')
    expect(await keyOf({ setuid: '[]' })).toBe(plain)
    const key = await keyOf({ setuid: "['bin/su', 'bin/a b']" })
    expect(key).toBe(plain.replace('build script\n', 'setuid bin/a b\nsetuid bin/su\nbuild script\n'))
    expect(saidBy(key)).toMatchObject({ setuid: ['bin/a b', 'bin/su'] })
  })

  test('takes no line of the script for a set-uid file', async () => {
    expect(saidBy(await keyOf({ build: 'sh`setuid bin/su`' }))).toMatchObject({ setuid: [] })
  })

  test('ignores urls, so a new mirror rebuilds nothing', async () => {
    expect(await keyOf({ sources: source('https://a.org') })).toBe(
      await keyOf({ sources: source('https://b.org') }),
    )
  })

  test('is the same in whatever order variables are said, each in one word', async () => {
    const key = await keyOf({ env: "{ B: '1', A: '2; id' }" })
    expect(key).toContain("export A='2; id'\n| export B=1\n")
    expect(await keyOf({ env: "{ A: '2; id', B: '1' }" })).toBe(key)
  })

  test('takes out of ELF files no more than what is for debugging, where that is said', async () => {
    const key = await keyOf({ strip: "'debug'" })
    expect(key.match(/--strip-\w+/g)).toEqual(Array(3).fill('--strip-debug'))
  })

  test.each<[string, Record<string, string>]>([
    ['the description', { description: "'Another'" }],
    ['the test', { test: 'sh`x`' }],
    [
      'the place to look for updates',
      { update: "{ kind: 'listing', url: 'https://a.org', pattern: '(x)' }" },
    ],
  ])('ignores %s', async (_, fields) => {
    expect(await keyOf(fields)).toBe(await keyOf({}))
  })

  test.each<[string, Record<string, string>]>([
    ['the version', { version: "'1.1'" }],
    ['the release', { release: '2' }],
    ['a source', { sources: source('https://a.org') }],
    ['the build script', { build: 'sh`touch "$DESTDIR/y"`' }],
    ['the check', { check: 'sh`true`' }],
    ['what is stripped', { strip: "'none'" }],
    ['what is run after an installation', { postInstall: 'sh`true`' }],
    ['folders of the host', { hostPaths: "['/usr']" }],
  ])('holds %s', async (_, fields) => {
    expect(await keyOf(fields)).not.toBe(await keyOf({}))
  })
})

describe('a run of coolports-gen', () => {
  test('writes only what changed', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest(),
      'pkg/b/package.ts': manifest({ buildDeps: "['a']" }),
    })
    await tree.generate()
    const before = lstatSync(join(tree.root, 'pkg/b/.pkghash.do'))
    expect((await tree.generate()).changed).toEqual([])
    tree.write('pkg/a/package.ts', manifest({ version: "'2.0'" }))
    expect([...(await tree.generate()).changed].sort()).toEqual(['pkg/a/.pkg.tar.gz.do', 'pkg/a/.pkghash.do'])
    expect(lstatSync(join(tree.root, 'pkg/b/.pkghash.do')).ino).toBe(before.ino)
  })

  test('notices an edit of a manifest that another one imports, be it by way of a third', async () => {
    const importing = (name: string): string =>
      manifest({ version: `${name}.version` }, `import ${name} from '../${name}/package.ts'`)
    const tree = new Tree({
      'pkg/a/package.ts': manifest(),
      'pkg/b/package.ts': importing('a'),
      'pkg/c/package.ts': importing('b'),
    })
    expect((await tree.generate()).problems).toEqual([])
    tree.write('pkg/a/package.ts', manifest({ version: "'7'" }))
    await tree.generate()
    for (const name of ['b', 'c']) expect(tree.read(`pkg/${name}/.pkghash.do`)).toContain('version 7\n')
    // What it imports is read again then, though nothing is to be done for that.
    tree.write('pkg/c/package.ts', `${importing('b')}\n`)
    expect((await tree.generate()).problems).toEqual([])
  })

  test('notices a file that was added to files/, changed there, or removed', async () => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest() })
    await tree.generate()
    tree.write('pkg/a/files/b c.txt', 'one')
    await tree.generate()
    const first = tree.read('pkg/a/.pkghash.do')
    expect(first).toMatch(/^file 644 [0-9a-f]{64} b c\.txt$/m)
    tree.write('pkg/a/files/b c.txt', 'two')
    await tree.generate()
    expect(tree.read('pkg/a/.pkghash.do')).not.toBe(first)
    chmodSync(join(tree.root, 'pkg/a/files/b c.txt'), 0o755)
    await tree.generate()
    expect(tree.read('pkg/a/.pkghash.do')).toMatch(/^file 755 [0-9a-f]{64} b c\.txt$/m)
    rmSync(join(tree.root, 'pkg/a/files'), { recursive: true })
    await tree.generate()
    expect(tree.read('pkg/a/.pkghash.do')).not.toContain('b c.txt')
  })

  test('reads a file of more than 2 GiB', async () => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest(), 'pkg/a/files/large': '' })
    truncateSync(join(tree.root, 'pkg/a/files/large'), 2 ** 31 + 1)
    expect((await tree.generate()).problems).toEqual([])
    expect(tree.read('pkg/a/.pkghash.do')).toMatch(/^file 644 [0-9a-f]{64} large$/m)
  }, 60_000)

  test('mends an emitted file that was edited or deleted', async () => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest() })
    await tree.generate()
    const text = tree.read('pkg/a/.pkghash.do')
    tree.write('pkg/a/.pkghash.do', 'echo tampered')
    rmSync(join(tree.root, 'pkg/a/.fetch'))
    await tree.generate()
    expect(tree.read('pkg/a/.pkghash.do')).toBe(text)
    expect(existsSync(join(tree.root, 'pkg/a/.fetch'))).toBe(true)
  })

  test('takes away the rules and targets of a package that is gone', async () => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest(), 'pkg/b/package.ts': manifest() })
    await tree.generate()
    tree.write('pkg/a/.pkghash', 'built')
    tree.write('pkg/a/.log', 'said')
    tree.write('pkg/a/.build.failed/home/src/file', 'left')
    tree.write('pkg/a/.pkgkey.do', 'emitted by an older checkout')
    tree.write('pkg/b/mine.txt', 'kept')
    for (const name of ['a', 'b']) rmSync(join(tree.root, `pkg/${name}/package.ts`))
    mkdirSync(join(tree.root, 'pkg/empty'))
    await tree.generate()
    expect(existsSync(join(tree.root, 'pkg/a'))).toBe(false)
    expect(readdirSync(join(tree.root, 'pkg/b'))).toEqual(['mine.txt'])
  })

  test('takes away what an earlier coolports left in a tree', async () => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest(), 'pkg/a/.pkgkey.txt': 'mine' })
    await tree.generate()
    const former = ['pkg/a/.pkgkey', 'pkg/a/.pkgkey.do', 'pkg/default.pkghash.do']
    for (const path of former) tree.write(path, 'former')
    await generate({ root: tree.root, check: false, program: 'a later one' })
    expect(former.filter(path => existsSync(join(tree.root, path)))).toEqual([])
    expect(tree.read('pkg/a/.pkgkey.txt')).toBe('mine')
  })

  test('takes away what was made by rules that changed, and of all that depend on it, for a redo that did not make it', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest(),
      'pkg/b/package.ts': manifest({ buildDeps: "['a']" }),
      'pkg/c/package.ts': manifest({ runDeps: "['b']" }),
      'pkg/d/package.ts': manifest(),
    })
    await tree.generate()
    const made = ['a', 'b', 'c', 'd'].flatMap(name => [`pkg/${name}/.pkghash`, `pkg/${name}/.pkg.tar.gz`])
    for (const path of made) tree.write(path, 'made')
    await tree.generate()
    expect(made.filter(path => existsSync(join(tree.root, path)))).toEqual(made)
    tree.write('pkg/a/package.ts', manifest({ version: "'2'" }))
    await tree.generate()
    expect(made.filter(path => existsSync(join(tree.root, path)))).toEqual([
      'pkg/d/.pkghash',
      'pkg/d/.pkg.tar.gz',
    ])
    // A single rule is enough.
    tree.write('pkg/d/package.ts', `${manifest()}// a comment\n`)
    expect((await tree.generate()).changed).toEqual(['pkg/d/.pkghash.do'])
    expect(made.filter(path => existsSync(join(tree.root, path)))).toEqual([])
  })

  test('refuses a dependency on a package that is gone, though nothing else changed', async () => {
    const tree = new Tree({
      'pkg/a/package.ts': manifest(),
      'pkg/b/package.ts': manifest({ buildDeps: "['a']" }),
    })
    await tree.generate()
    rmSync(join(tree.root, 'pkg/a/package.ts'))
    expect(await tree.refusals()).toContain('cannot depend on "a"')
  })

  test('takes a package that is called as what every object has for any other', async () => {
    const tree = new Tree({ 'pkg/constructor/package.ts': manifest() })
    for (let run = 0; run < 2; run++) expect((await tree.generate()).problems).toEqual([])
    expect(tree.read('pkg/constructor/.pkghash.do')).toContain('name constructor\n')
  })

  test('survives a damaged memory of the last run', async () => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest() })
    await tree.generate()
    tree.write('pkg/.gen.json', '{"program":"test","api":')
    expect((await tree.generate()).problems).toEqual([])
  })
})

/** Edits an emitted file so that the memory of the last run takes it for the one that it was. */
async function editUnseen(tree: Tree, path: string): Promise<void> {
  await sleep(20) // else what is read was written just now, and is read again
  await tree.generate()
  const stamp = () => stampAt(join(tree.root, path)) ?? ''
  const before = stamp()
  tree.write(path, tree.read(path).replace('Emitted', 'Emittet'))
  const memo = tree.read('pkg/.gen.json').slice(68, -1).replaceAll(before, stamp())
  tree.write('pkg/.gen.json', `["${digest(memo)}",${memo}]`)
}

describe('the memory of the last run', () => {
  test('does not trust the stamp of what was edited while it ran', () => {
    const stamp = (changed: number) => `1.5 ${changed} 10 2 33188`
    expect([stamp(5000.25), stamp(4995.5), stamp(4000)].map(one => isFresh(one, 5000))).toEqual([
      true,
      true,
      true,
    ])
    expect([stamp(4980.25), stamp(2000), stamp(4000.5)].map(one => isFresh(one, 5000))).toEqual([
      false,
      false,
      false,
    ])
  })

  test('takes no file for the one that it was over which another one of its size and time was copied', async () => {
    const told = new Tree({ 'pkg/a/package.ts': manifest({ version: "'1.1'" }) })
    const path = join(told.root, 'pkg/a/package.ts')
    utimesSync(path, 1, 1)
    await told.generate()
    told.write('pkg/a/package.ts', manifest({ version: "'1.2'" }))
    utimesSync(path, 1, 1)
    await told.generate()
    expect(told.read('pkg/a/.pkghash.do')).toContain('version 1.2')
  })

  test('takes no file for the one that it was which was edited in the same second, where clocks count those', async context => {
    const [told, disk] = [new Tree(), mkdtempSync(join(tmpdir(), 'coolports disk-'))]
    onTestFinished(() => rmdirSync(disk))
    if (!mountSeconds(disk)) return context.skip('this machine mounts no such file system')
    rmdirSync(join(told.root, 'pkg'))
    symlinkSync(disk, join(told.root, 'pkg'))
    // Some of these are within one second.
    for (const version of ['1.1', '1.2', '1.3', '1.4']) {
      told.write('pkg/a/files/note', version)
      told.write('pkg/a/package.ts', manifest({ version: `'${version}'` }))
      await told.generate()
      const rule = told.read('pkg/a/.pkghash.do')
      expect(rule).toContain(`version ${version}`)
      told.write('pkg/a/files/note', version.replace('.', '-'))
      await told.generate()
      expect(told.read('pkg/a/.pkghash.do')).not.toBe(rule)
    }
  })

  const tree = (): Tree =>
    new Tree({ 'pkg/a/package.ts': manifest({ build: 'autotools()', check: undefined }) })

  test('holds no longer when the manifest API was edited', async () => {
    const edited = tree()
    await edited.generate()
    const api = 'templates/autotools.ts'
    edited.write(api, edited.read(api).replace('sh`make ${make} check`', 'sh`make ${make} installcheck`'))
    expect((await edited.generate()).problems).toEqual([])
    expect(edited.read('pkg/a/.pkghash.do')).toContain('make installcheck\n')
  })

  test('has one file written, and nothing made again, when no rule is other by an edit of the manifest API', async () => {
    const edited = tree()
    await edited.generate()
    for (const path of ['pkg/.api', 'pkg/a/.pkghash']) edited.write(path, 'made')
    const api = 'templates/autotools.ts'
    edited.write(api, `${edited.read(api)}\n// a comment\n`)
    expect((await edited.generate()).changed).toEqual(['pkg/.api.do'])
    // To a redo that did not make it, it would be a source, which is never looked at.
    expect(existsSync(join(edited.root, 'pkg/.api'))).toBe(false)
    expect(existsSync(join(edited.root, 'pkg/a/.pkghash'))).toBe(true)
  })

  test('is not that of another program, which may emit other text', async () => {
    const told = tree()
    await told.generate()
    const text = told.read('pkg/a/.fetch')
    await editUnseen(told, 'pkg/a/.fetch')
    await told.generate()
    expect(told.read('pkg/a/.fetch')).not.toBe(text)
    await generate({ root: told.root, check: false, program: 'another' })
    expect(told.read('pkg/a/.fetch')).toBe(text)
  })

  test('is believed only whole, for code that will run is in it', async () => {
    const damaged = tree()
    await damaged.generate()
    const memory = damaged.read('pkg/.gen.json')
    expect(memory).toContain('./configure --prefix=')
    damaged.write('pkg/.gen.json', memory.replace('./configure --prefix=', './configure --prefux='))
    damaged.write('pkg/a/package.ts', damaged.read('pkg/a/package.ts').replace("'1.0'", "'1.1'"))
    expect((await damaged.generate()).problems).toEqual([])
    expect(damaged.read('pkg/a/.pkghash.do')).toContain('./configure --prefix=\n')
  })
})

describe('coolports-gen --check', () => {
  test('writes nothing and names what is stale', async () => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest() })
    expect((await tree.generate(true)).changed).toContain('pkg/a/.pkghash.do')
    expect(existsSync(join(tree.root, 'pkg/a/.pkghash.do'))).toBe(false)
    await tree.generate()
    expect((await tree.generate(true)).changed).toEqual([])
    tree.write('pkg/a/package.ts', manifest({ version: "'2'" }))
    expect((await tree.generate(true)).changed).toEqual(['pkg/a/.pkghash.do', 'pkg/a/.pkg.tar.gz.do'])
  })

  test('trusts no stamp', async () => {
    const tree = new Tree({ 'pkg/a/package.ts': manifest() })
    await tree.generate()
    await editUnseen(tree, 'pkg/a/.fetch')
    expect((await tree.generate()).changed).toEqual([])
    expect((await tree.generate(true)).changed).toEqual(['pkg/a/.fetch'])
  })
})
