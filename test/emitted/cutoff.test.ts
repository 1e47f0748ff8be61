import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readIdentity } from '../../helpers/tar/identity.ts'
import { keyAt } from '../support/pkgkey.ts'
import { bringing, redos } from '../support/redos.ts'
import { mustRun, run, smallTree } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'

beforeAll(() => {
  spawnSync('bin/coolports-gen', ['--help'])
})

const low = (fields: Readonly<Record<string, string>> = {}): string =>
  manifest({
    buildDeps: "['seed']",
    build: 'sh`mkdir -p "$DESTDIR/share"; echo low >"$DESTDIR/share/low"`',
    strip: "'none'",
    ...fields,
  })

const above = (dependency: string, fields: Readonly<Record<string, string>> = {}): string =>
  manifest({
    buildDeps: `['seed', '${dependency}']`,
    runDeps: `['${dependency}']`,
    build: `sh\`mkdir -p "$DESTDIR/share"; cat /share/${dependency} >"$DESTDIR/share/$(cat /files/name)"\``,
    test: `sh\`read -r word </share/${dependency}; test "$word" = low\``,
    testDeps: "['seed']",
    strip: "'none'",
    ...fields,
  })

async function tower(): Promise<Tree> {
  const tree = smallTree({ low: low(), middle: above('low'), high: above('middle') })
  for (const name of ['middle', 'high']) tree.write(`pkg/${name}/files/name`, `${name}\n`)
  expect((await tree.generate()).problems).toEqual([])
  return tree
}

const hashOf = (tree: Tree, name: string): string => keyAt(tree.root, name).hash

/** The packages whose scripts were run. */
const built = (said: string): readonly string[] =>
  [...said.matchAll(/^ *build ([a-z]+)-/gm)].map(([, name]) => name ?? '').sort()

describe.each(redos)('a dependency that comes out the same under %s', (_, folder) => {
  const bring = (tree: Tree, ...targets: readonly string[]): string => {
    const { words, env } = bringing(
      folder,
      targets.map(target => `pkg/${target}`),
    )
    return mustRun(tree, words, env)
  }

  test('rebuilds nothing above it, however far down it is', async () => {
    const tree = await tower()
    expect(built(bring(tree, 'high/.pkg.tar.gz', 'high/.tarhash'))).toEqual(['high', 'low', 'middle'])
    const before = ['middle', 'high'].map(name => hashOf(tree, name))
    const tarhash = tree.read('pkg/high/.tarhash')
    const bytes = readFileSync(join(tree.root, 'pkg/high/.pkg.tar.gz'))

    tree.write(
      'pkg/seed/package.ts',
      tree.read('pkg/seed/package.ts').replace("version: '1'", "version: '2'"),
    )
    await tree.generate()
    const said = bring(tree, 'high/.pkg.tar.gz', 'high/.tarhash', 'high/.test')
    expect(built(said)).toEqual([])
    expect(said).toContain('imported seed-2-1')
    expect(said).toContain(`high-1.0-1: same inputs as ${before[1]?.slice(0, 12)}, taken from the store`)
    expect(['middle', 'high'].map(name => hashOf(tree, name))).not.toEqual(before)
    expect(tree.read('pkg/high/.tarhash')).toBe(tarhash)
    expect(readFileSync(join(tree.root, 'pkg/high/.pkg.tar.gz')).equals(bytes)).toBe(true)
    // The test is a proof of the new closure, so it is made anew.
    expect(tree.read('pkg/high/.test')).toContain('result: ok')

    // It is in the store by its own name now.
    rmSync(join(tree.root, 'pkg/high/.pkg.tar.gz'))
    expect(bring(tree, 'high/.pkg.tar.gz')).toContain(`reuse ${hashOf(tree, 'high').slice(0, 12)}`)
    expect(tree.read(`.store/packages/${hashOf(tree, 'high')}.key`)).toBe(keyAt(tree.root, 'high').text)
    // And it is one that was built here, as is the archive that was imported.
    for (const name of ['seed', 'middle', 'high']) {
      const tar = readIdentity(join(tree.root, `pkg/${name}/.pkg.tar.gz`))
      expect(tree.read(`.store/packages/${hashOf(tree, name)}.built`)).toBe(`tar ${tar}\n`)
    }
  })

  test('rebuilds just those that see other bytes', async () => {
    const tree = await tower()
    bring(tree, 'high/.pkg.tar.gz')
    // What `low` holds is another thing now, but `middle` copies the same word out of it.
    tree.write(
      'pkg/low/package.ts',
      low({ build: 'sh`mkdir -p "$DESTDIR/share"; echo low >"$DESTDIR/share/low"; echo >"$DESTDIR/more"`' }),
    )
    await tree.generate()
    const said = bring(tree, 'high/.pkg.tar.gz')
    // `high` sees `low` by way of `middle`, whose run-dep it is.
    expect(built(said)).toEqual(['high', 'low', 'middle'])
    tree.write(
      'pkg/low/package.ts',
      low({ release: '7', build: 'sh`mkdir -p "$DESTDIR/share"; echo low >"$DESTDIR/share/low"`' }),
    )
    await tree.generate()
    expect(built(bring(tree, 'high/.pkg.tar.gz'))).toEqual(['low'])
  })
})

describe('a build of the same content', () => {
  const edit = async (tree: Tree): Promise<void> => {
    tree.write('pkg/low/package.ts', low({ release: '2' }))
    await tree.generate()
  }
  const ready = async (): Promise<Tree> => {
    const tree = await tower()
    mustRun(tree, ['bin/do', 'pkg/middle/.pkg.tar.gz'])
    await edit(tree)
    return tree
  }
  const contents = (tree: Tree): readonly string[] => readdirSync(join(tree.root, '.store/contents'))

  test('is run where its recipe, a file of it, or the order of its build-deps changed', async () => {
    const tree = await ready()
    const changes = [
      () => tree.write('pkg/middle/package.ts', above('low', { env: "{ LETTER: 'x' }" })),
      () => tree.write('pkg/middle/files/name', 'centre\n'),
      () => tree.write('pkg/middle/package.ts', above('low', { buildDeps: "['low', 'seed']" })),
    ]
    for (const change of changes) {
      change()
      await tree.generate()
      expect(built(mustRun(tree, ['bin/do', 'pkg/middle/.pkg.tar.gz']))).toContain('middle')
    }
  })

  test('is run where it sees paths of the host', async () => {
    const tree = smallTree({ low: low(), hosted: above('low', { hostPaths: "['/usr/bin']", runDeps: '[]' }) })
    tree.write('pkg/hosted/files/name', 'hosted\n')
    await tree.generate()
    const first = run(tree, ['bin/do', 'pkg/hosted/.pkg.tar.gz'])
    expect(first.status, first.said).toBe(0)
    await edit(tree)
    expect(built(mustRun(tree, ['bin/do', 'pkg/hosted/.pkg.tar.gz']))).toEqual(['hosted', 'low'])
  })

  test('is run where the note of the store is damaged, and leaves a good one', async () => {
    const tree = await ready()
    for (const name of contents(tree)) {
      const path = join(tree.root, '.store/contents', name)
      writeFileSync(path, readFileSync(path, 'utf8').slice(0, 100))
    }
    expect(built(mustRun(tree, ['bin/do', 'pkg/middle/.pkg.tar.gz']))).toEqual(['low', 'middle'])
    tree.write('pkg/low/package.ts', low({ release: '3' }))
    await tree.generate()
    expect(built(mustRun(tree, ['bin/do', 'pkg/middle/.pkg.tar.gz']))).toEqual(['low'])
  })

  test('takes a failed build of its package away', async () => {
    const tree = await tower()
    mustRun(tree, ['bin/do', 'pkg/middle/.pkg.tar.gz'])
    const good = tree.read('pkg/middle/package.ts')
    tree.write('pkg/middle/package.ts', above('low', { build: 'sh`exit 1`' }))
    await edit(tree)
    expect(run(tree, ['bin/do', 'pkg/middle/.pkg.tar.gz']).status).toBe(1)
    expect(existsSync(join(tree.root, 'pkg/middle/.build.failed'))).toBe(true)
    tree.write('pkg/middle/package.ts', good)
    await tree.generate()
    expect(mustRun(tree, ['bin/do', 'pkg/middle/.pkg.tar.gz'])).toContain('same inputs as')
    expect(existsSync(join(tree.root, 'pkg/middle/.build.failed'))).toBe(false)
  })
})

test('explain tells of it before, down to a dependency that really has to be built', async () => {
  const tree = await tower()
  mustRun(tree, ['bin/do', 'pkg/high/.pkg.tar.gz'])
  const before = hashOf(tree, 'high')
  const explain = (name: string) => run(tree, [resolve('bin/coolports'), '-C', tree.root, 'explain', name])
  expect(explain('high')).toEqual({ status: 0, said: 'high is up to date\n' })
  // It is imported again, so what it will be is not known.
  tree.write('pkg/seed/package.ts', tree.read('pkg/seed/package.ts').replace("version: '1'", "version: '2'"))
  expect(explain('high').said).not.toContain('it will not be built')
  await tree.generate()
  mustRun(tree, ['bin/do', 'pkg/seed/.pkg.tar.gz'])
  const told = `it will not be built: its inputs are those of ${before.slice(0, 12)}, which is taken from the store\n`
  expect(explain('high')).toEqual({ status: 1, said: expect.stringContaining(told) })
  rmSync(join(tree.root, 'pkg/high/.last.pkg.tar.gz'))
  const json = run(tree, [resolve('bin/coolports'), '-C', tree.root, 'explain', '--json', 'high'])
  expect(JSON.parse(json.said)).toMatchObject({ state: 'not-built', same: before })
  expect(mustRun(tree, ['bin/do', 'pkg/high/.pkg.tar.gz'])).toContain(`same inputs as ${before.slice(0, 12)}`)
})

test('what is built with a package that somebody put in the place of another is kept under no key', async () => {
  const tree = await tower()
  const bring = (): string => mustRun(tree, ['bin/do', 'pkg/high/.pkg.tar.gz'])
  bring()
  const other = smallTree({ low: low(), middle: above('low') })
  other.write('pkg/middle/files/name', 'another\n')
  expect((await other.generate()).problems).toEqual([])
  mustRun(other, ['bin/do', 'pkg/middle/.pkg.tar.gz'])
  const middle = join(tree.root, 'pkg/middle/.pkg.tar.gz')
  rmSync(middle)
  copyFileSync(join(other.root, 'pkg/middle/.pkg.tar.gz'), middle)
  // Nobody has had this one built.
  tree.write('pkg/high/package.ts', above('middle', { build: 'sh`cp -r /share "$DESTDIR"`' }))
  await tree.generate()
  const said = bring()
  expect(said).toContain(
    'cannot keep high-1.0-1 in the store: of packages that it is built with the store knows others',
  )
  expect(said).toContain(`rm -f '${middle}' has them made again`)
  const kept = (name: string): boolean =>
    existsSync(join(tree.root, `.store/packages/${hashOf(tree, name)}.tar.gz`))
  expect(kept('high')).toBe(false)
  // Nor is what is built with that.
  tree.write(
    'pkg/top/package.ts',
    manifest({ buildDeps: "['seed', 'high']", build: 'sh`cp -r /share "$DESTDIR"`' }),
  )
  await tree.generate()
  expect(mustRun(tree, ['bin/do', 'pkg/top/.pkg.tar.gz'])).toContain('cannot keep top-1.0-1 in the store')
  expect(kept('top')).toBe(false)

  rmSync(middle)
  expect(built(bring())).toEqual(['high'])
  expect(kept('high')).toBe(true)
  expect(mustRun(tree, ['bin/do', 'pkg/top/.pkg.tar.gz'])).toContain('built top-1.0-1')
  expect(kept('top')).toBe(true)
})
