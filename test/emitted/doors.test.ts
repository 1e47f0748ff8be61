import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import { type Ran, run, smallTree } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

// Whatever else this machine is doing.
vi.setConfig({ testTimeout: 180_000 })

const TINY = manifest({ buildDeps: "['seed']", build: 'sh`echo tiny >"$DESTDIR/tiny"`', strip: "'none'" })

/** A tree in which `tiny` can be built, and runs of its doors from any folder. */
function tinyTree(packages: Readonly<Record<string, string>> = {}): {
  readonly tree: Tree
  readonly from: (cwd: string, door: string, ...words: readonly string[]) => Ran
} {
  const tree = smallTree({ tiny: TINY, ...packages })
  const from = (cwd: string, door: string, ...words: readonly string[]): Ran =>
    run(tree, [
      'sh',
      '-c',
      'cd "$0" && exec "$@"',
      join(tree.root, cwd),
      join(tree.root, 'bin', door),
      ...words,
    ])
  return { tree, from }
}

let elsewhere: string
beforeAll(() => {
  elsewhere = mkdtempSync(join(tmpdir(), 'coolports elsewhere-'))
  mkdirSync(join(elsewhere, 'pkg/tiny'), { recursive: true })
  writeFileSync(join(elsewhere, 'pkg/tiny/package.ts'), TINY)
})
afterAll(() => rmSync(elsewhere, { recursive: true }))

test.each([
  ['--quorum', 'x', '--quorum needs a number'],
  ['--quorum', '0', '--quorum needs a number'],
  ['--spot-check', '5', '--spot-check needs a share'],
  ['--spot-check', '1.2.3%', '--spot-check needs a share'],
  ['--spot-check', '%', '--spot-check needs a share'],
])('build-packages-ifchange %s %s is refused before anything is asked', (option, word, why) => {
  const { status, said } = tinyTree().from('.', 'build-packages-ifchange', option, word, 'tiny')
  expect([status, said]).toEqual([2, expect.stringContaining(`cannot run: ${why}`)])
})

describe('a package is named by a path that leads to it, and by no other', () => {
  test.each([
    ['.', 'tiny'],
    ['.', 'tiny/'],
    ['.', './pkg/tiny//'],
    ['pkg', './tiny'],
    ['pkg/tiny', '.'],
    ['pkg/seed', '../tiny/'],
    ['bin', '../pkg/tiny'],
  ])('in %s by %s', (cwd, word) => {
    const { from } = tinyTree()
    expect(from(cwd, 'build-packages-ifchange', '--no-test', word).said).toMatch(
      /^pkg\/tiny\/\.pkg\.tar\.gz$/m,
    )
    expect(from(cwd, 'build-shell', word, 'echo', 'inside')).toEqual({
      status: 0,
      said: 'inside\nredo  pkg/tiny/.bclosure\n',
    })
  })

  test('not by one of another tree, or of this one but its pkg/', () => {
    const { tree, from } = tinyTree()
    for (const word of [
      '/no/such/tree/tiny',
      join(elsewhere, 'pkg/tiny'),
      './tiny',
      '.',
      '..',
      '/',
      'pkg/../tiny',
    ]) {
      const built = from('.', 'build-packages-ifchange', word)
      expect(built.said).toContain(`'${word}' does not lead to a package of this tree, ${tree.root}/pkg\n`)
      expect(built.status).toBe(2)
      const entered = from('.', 'build-shell', word, 'true')
      expect(entered.said).toContain(`build-shell: cannot enter '${word}': it does not lead to a package`)
      expect(entered.status).toBe(2)
    }
  })

  test('when it is begun, too', () => {
    const { tree, from } = tinyTree()
    const read = (name: string): string => tree.read(`pkg/${name}/package.ts`)
    expect(from('.', 'new-package', `${elsewhere}/blah`)).toEqual({
      status: 2,
      said: `new-package: cannot begin '${elsewhere}/blah': it does not lead into pkg/ of this tree, ${tree.root}/pkg\n`,
    })
    expect(() => read('blah')).toThrow()
    for (const word of ['LibPNG', 'pkg/.x'])
      expect(from('.', 'new-package', word)).toEqual({
        status: 2,
        said: `new-package: cannot begin '${word}': a name has lower-case letters, digits and + . _ -, one of the former two first\n`,
      })
    for (const [cwd, word, name] of [
      ['.', 'one', 'one'],
      ['.', './pkg/two/', 'two'],
      ['pkg', './three', 'three'],
      ['pkg/tiny', '../four', 'four'],
      ['bin', `${tree.root}/pkg/five`, 'five'],
    ] as const) {
      expect(from(cwd, 'new-package', word)).toEqual({ status: 0, said: `pkg/${name}/package.ts\n` })
      expect(read(name)).toContain(`${name} --version`)
    }
  })
})

test.each(['new-package', 'build-shell', 'build-packages-ifchange'])(
  '%s --help is an answer, not a fault',
  door => {
    const { tree } = tinyTree()
    const said = (...words: readonly string[]) =>
      run(tree, ['sh', '-c', '"$@" 2>/dev/null', 'sh', `bin/${door}`, ...words])
    expect(said('--help')).toMatchObject({ status: 0, said: expect.stringContaining(`usage: ${door} `) })
    expect(said('-h').status).toBe(0)
    expect(said()).toEqual({ status: 2, said: '' })
  },
)

describe('build-shell', () => {
  test('of a package that was never built makes what its sandbox is made of, and says nothing on stdout', () => {
    const { tree, from } = tinyTree()
    writeFileSync(join(tree.root, 'source.txt'), 'a source\n')
    const url = `file://${tree.root.replaceAll(' ', '%20')}/source.txt`
    const source = `{ url: '${url}', sha256: '${sha256('a source\n')}', unpack: false }`
    tree.write('pkg/other/package.ts', manifest({ buildDeps: "['seed', 'tiny']", source }))
    const { root } = tree
    const quiet = run(tree, [
      'sh',
      '-c',
      'echo input | "$0" other cat /tiny /sources/source.txt - 2>/dev/null',
      join(root, 'bin/build-shell'),
    ])
    expect(quiet).toEqual({ status: 0, said: 'tiny\na source\ninput\n' })
    expect(from('.', 'build-shell', 'other', 'nosuch')).toEqual({
      status: 127,
      said: expect.stringMatching(/^sh: .*nosuch: not found\n$/),
    })
  })

  test('of a package that was taken from the store', () => {
    const { tree, from } = tinyTree()
    expect(from('.', 'build-packages-ifchange', 'tiny').status).toBe(0)
    for (const file of ['pkg.tar.gz', 'bclosure', 'closure', 'test'])
      rmSync(join(tree.root, `pkg/tiny/.${file}`), { force: true })
    rmSync(join(tree.root, 'pkg/seed/.pkg.tar.gz'))
    expect(from('.', 'build-packages-ifchange', '--no-test', 'tiny').said).toContain('from the store')
    const entered = from('.', 'build-shell', 'tiny', 'echo', 'inside')
    expect(entered.said).toMatch(/^inside$/m)
    expect(entered.status).toBe(0)
  })

  test('tells why that cannot be made', () => {
    const { tree, from } = tinyTree({ broken: manifest({ buildDeps: "['seed', 'bad']" }) })
    tree.write('pkg/bad/package.ts', manifest({ buildDeps: "['seed']", build: 'sh`false`' }))
    const { status, said } = from('.', 'build-shell', 'broken', 'true')
    expect(said).toContain('cannot build bad-1.0-1')
    expect(status).toBe(2)
  })
})

test('the command that a failure prints shows the command that failed', () => {
  const { tree, from } = tinyTree()
  cpSync(join(tree.root, 'seed'), join(tree.root, 'pkg/fails/files'), {
    recursive: true,
    filter: path => !path.includes('/bin'),
  })
  tree.write('pkg/fails/files/fix.patch', '--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+patched\n')
  tree.write(
    'pkg/fails/package.ts',
    manifest({
      buildDeps: "['seed']",
      patches: "['fix.patch']",
      build: 'sh`\n  mkdir "$DESTDIR/share"\n  test "$(cat x)" = other\n`',
    }),
  )
  expect(from('.', 'build-packages-ifchange', 'fails').status).toBe(1)
  const { said } = from('.', 'build-packages-ifchange', 'fails')
  const printed = /see the command that failed: (.*)/.exec(said)?.[1] ?? ''
  const traced = run(tree, ['sh', '-c', printed])
  expect(traced.said).toMatch(/\+ test patched '?='? other\n$/)
  expect(traced.status).toBe(1)

  tree.write(
    'pkg/untested/package.ts',
    manifest({ buildDeps: "['seed']", test: 'sh`\n  read -r x </nothing\n`' }),
  )
  const untested = from('.', 'build-packages-ifchange', 'untested').said
  const again = /see the command that failed: (.*)/.exec(untested)?.[1] ?? ''
  expect(run(tree, ['sh', '-c', again]).said).toContain('/nothing')
  expect(readFileSync(join(tree.root, 'pkg/untested/.build.failed/build.sh'), 'utf8')).toContain('read -r x')
})
