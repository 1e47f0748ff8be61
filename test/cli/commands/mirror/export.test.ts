import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { sha256 } from '../../../../core/digest.ts'
import { nameOf } from '../../../../core/process-name.ts'
import { listingLine } from '../../../../helpers/mirror/listing.ts'
import { runtimeModules } from '../../../../helpers/mirror/modules.ts'
import { mayMountDisk, mountDisk, mountModeless } from '../../../support/mount.ts'
import { DEAD, partBy } from '../../../support/part.ts'
import { smallTree } from '../../../support/small-tree.ts'
import { manifest, type Tree } from '../../../support/tree.ts'
import { coolports, coolportsDoor } from '../../support.ts'

beforeAll(() => {
  spawnSync('bin/coolports-gen', ['--help'])
})

let before: string | undefined

beforeEach(() => {
  before = process.env.COOLPORTS_STORE
})

afterEach(() => {
  vi.unstubAllEnvs()
  process.env.COOLPORTS_STORE = before
  if (before === undefined) delete process.env.COOLPORTS_STORE
})

const git = (tree: Tree, ...words: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...words], {
    cwd: tree.root,
    encoding: 'utf8',
  })

const DATA = 'a source\n'

/** A tree that git tracks, with a package of a source that lies on the disk. */
function trackedTree(): Tree {
  const tree = smallTree({
    low: manifest({
      sources: '[]',
      buildDeps: "['seed']",
      build: 'sh`mkdir -p "$DESTDIR/share"; cp /sources/data "$DESTDIR/share/low"`',
      strip: "'none'",
    }),
    high: manifest({
      buildDeps: "['seed', 'low']",
      build: 'sh`mkdir -p "$DESTDIR/share"; cat /share/low >"$DESTDIR/share/high"`',
      test: 'sh`read -r a b </share/high; test "$a" = a`',
      strip: "'none'",
    }),
    other: manifest({ buildDeps: "['seed']" }),
  })
  // A bundle of a tree whose files lead out of it would not be whole.
  rmSync(join(tree.root, 'build.mjs'))
  cpSync('build.mjs', join(tree.root, 'build.mjs'), { preserveTimestamps: true })
  tree.write('data', DATA)
  const url = `file://${join(tree.root, 'data').replaceAll(' ', '%20')}`
  const low = tree.read('pkg/low/package.ts')
  const sources = `[{ file: 'data', urls: ['${url}'], sha256: '${sha256(DATA)}', unpack: false }]`
  tree.write('pkg/low/package.ts', low.replace('sources: []', `sources: ${sources}`))
  tree.write(
    '.gitignore',
    'dist\nnode_modules\n.store\n.redo\n/pkg/*/.*\n/pkg/.gen.json\n/pkg/names.d.ts\n/data\n/seed\n/seed.tar\n',
  )
  tree.write('odd\nname', 'odd')
  tree.write('untracked', 'not ours')
  symlinkSync('nowhere', join(tree.root, 'dangling'))
  git(tree, 'init', '-q')
  git(tree, 'add', '-A', '--', '.', ':!untracked')
  git(tree, 'commit', '-qm', 'all')
  return tree
}

const exported = (tree: Tree, ...words: readonly string[]) =>
  coolportsDoor(tree, 'mirror', 'export', ...words)

describe('mirror export', () => {
  test('refuses to leave files of the packages out that git was not told of', () => {
    const tree = trackedTree()
    tree.write('pkg/low/files/new', 'forgotten')
    tree.write('pkg/other/files/new', 'of a package that is not wanted')
    const bundle = join(tree.root, 'bundle')
    const { status, err } = exported(tree, bundle, 'high')
    expect(err).toContain(
      'git does not track files of the packages, and the bundle would lack them\n  not tracked "pkg/low/files/new"\n  git add',
    )
    expect(status).toBe(1)
    expect(existsSync(bundle)).toBe(false)
    git(tree, 'add', '--', 'pkg/low')
    const added = exported(tree, bundle, 'high')
    expect(added.status, added.err).toBe(0)
    expect(readFileSync(join(bundle, 'tree/pkg/low/files/new'), 'utf8')).toBe('forgotten')
  })

  test('makes a folder from which a package is built without a network, and proves it', () => {
    const tree = trackedTree()
    const bundle = join(tree.root, 'a bundle')
    // Somebody has installed what speaks to peers.
    const lock = { packages: { 'node_modules/spoken': {}, 'node_modules/tool': { dev: true } } }
    tree.write('helpers/libp2p/node_modules/.package-lock.json', JSON.stringify(lock))
    for (const name of ['spoken', 'tool']) tree.write(`helpers/libp2p/node_modules/${name}/index.js`, name)
    // Of some that were killed, and of one that is not.
    const temporary = mkdtempSync(join(tmpdir(), 'export-test-'))
    onTestFinished(() => rmSync(temporary, { recursive: true, force: true }))
    const places = [bundle, join(temporary, 'coolports-proof')]
    const left = places.map(path => partBy(DEAD, path))
    const others = [...places.map(path => partBy(nameOf(1), path)), `${left[0]}s`]
    for (const folder of [...left, ...others]) mkdirSync(join(folder, 'tree'), { recursive: true })
    vi.stubEnv('TMPDIR', temporary)
    const { status, out, err } = exported(tree, '--prove', 'high', bundle, 'high')
    expect(status, err).toBe(0)
    expect([...left, ...others].filter(existsSync)).toEqual(others)
    vi.unstubAllEnvs()
    expect(out).toBe(`${bundle}: 3 packages, 2 sources; high was built from it without a network\n`)
    expect(err).toContain('built high-1.0-1')
    expect(err).toContain('tested high-1.0-1')

    expect(readdirSync(bundle).sort()).toEqual(['PROOF', 'README', 'SHA256SUMS', 'sources', 'tree'])
    expect(
      execFileSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: bundle, encoding: 'utf8' }),
    ).toBe('')
    const proof = execFileSync('recsel', ['-t', 'proof', '-P', 'package,tar_sha256', join(bundle, 'PROOF')], {
      encoding: 'utf8',
    })
    expect(proof).toMatch(/^high\n[0-9a-f]{64}\n/)
    expect(readFileSync(join(bundle, 'sources', sha256(DATA)), 'utf8')).toBe(DATA)
    expect(readFileSync(join(bundle, 'tree/odd\nname'), 'utf8')).toBe('odd')
    expect(lstatSync(join(bundle, 'tree/dangling')).isSymbolicLink()).toBe(true)
    expect(existsSync(join(bundle, 'tree/untracked'))).toBe(false)
    expect(readFileSync(join(bundle, 'README'), 'utf8')).toContain(
      `commit ${git(tree, 'rev-parse', 'HEAD').trim()}\n`,
    )
    expect(existsSync(join(bundle, 'tree/node_modules/vitest'))).toBe(false)
    expect(readdirSync(join(bundle, 'tree/helpers/libp2p/node_modules')).sort()).toEqual([
      '.package-lock.json',
      'spoken',
    ])
    expect(existsSync(join(bundle, 'tree/.store'))).toBe(false)

    // Made once more, and not proven, it is the same but for the proof, to the byte and the time.
    const again = join(tree.root, 'again')
    expect(exported(tree, again, 'high').status).toBe(0)
    const facts = (folder: string): readonly string[] =>
      execFileSync('find', ['tree', 'sources', 'README', '-printf', '%p %y %m %T@ %l\n'], {
        cwd: folder,
        encoding: 'utf8',
      })
        .split('\n')
        .sort()
    expect(facts(again)).toEqual(facts(bundle))
    const sums = (folder: string): readonly string[] =>
      readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
        .split('\n')
        .filter(line => !line.endsWith('  PROOF'))
    expect(sums(again)).toEqual(sums(bundle))
  })

  test('is refused where the bundle would not be complete: the proof fails, and nothing stays', () => {
    const tree = trackedTree()
    // What a build needs, and git does not know of.
    git(tree, 'rm', '-q', '--cached', 'helpers/setup.sh')
    const bundle = join(tree.root, 'bundle')
    const { status, err } = exported(tree, '--prove', 'high', bundle, 'high')
    expect(status).toBe(1)
    expect(err).toMatch(
      /cannot build high from the bundle: its build, without a network, ended with exit status \d/,
    )
    expect(readdirSync(tree.root).filter(name => name.startsWith('bundle'))).toEqual([])
  })

  test('is refused where a source in the store is damaged, a tracked file is gone, or a place is taken', () => {
    const tree = trackedTree()
    expect(coolportsDoor(tree, 'fetch', '--closure', 'high').status).toBe(0)
    const stored = join(tree.root, '.store/distfiles', sha256(DATA))
    execFileSync('chmod', ['u+w', stored])
    writeFileSync(stored, 'another')
    const bundle = join(tree.root, 'bundle')
    expect(exported(tree, bundle, 'high')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/cannot copy the source "data": the file in the store is damaged\n/),
    })
    execFileSync('rm', ['-f', stored, join(tree.root, 'odd\nname')])
    expect(exported(tree, bundle, 'high')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/files that git tracks are not there\n {2}missing "odd\\nname"\n/),
    })
    expect(readdirSync(tree.root).filter(name => name.startsWith('bundle'))).toEqual([])
    mkdirSync(bundle)
    writeFileSync(join(bundle, 'mine'), '')
    expect(exported(tree, bundle, 'high')).toMatchObject({
      status: 2,
      err: expect.stringContaining('it is not empty'),
    })
    expect(readdirSync(bundle)).toEqual(['mine'])
  })

  test.runIf(mayMountDisk())(
    'refuses the folder at which a disk is mounted, before it makes anything',
    async () => {
      const tree = smallTree({})
      const disk = mkdtempSync(join(tmpdir(), 'coolports disk-'))
      onTestFinished(() => rmSync(disk, { recursive: true }))
      mountDisk(disk, 1024 * 1024)
      expect(await coolports(tree, 'mirror', 'export', disk, 'seed')).toMatchObject({
        status: 2,
        err: expect.stringContaining('a file system is mounted there: name a folder in it'),
      })
    },
  )

  test('refuses a file system that does not keep which files may be run, and leaves nothing there', context => {
    const tree = trackedTree()
    const stick = mkdtempSync(join(tmpdir(), 'coolports stick-'))
    onTestFinished(() => rmSync(stick, { recursive: true }))
    if (!mountModeless(stick)) return context.skip('this machine mounts no such file system')
    expect(coolportsDoor(tree, 'mirror', 'export', join(stick, 'bundle'), 'high')).toMatchObject({
      status: 2,
      err: expect.stringContaining(
        'the file system there keeps no symlinks, or not which files may be run\n  make it on another one',
      ),
    })
    expect(readdirSync(stick)).toEqual([])
  })

  test('refuses what it cannot know', async () => {
    const tree = smallTree({})
    const bundle = join(tree.root, 'bundle')
    const words = ['mirror', 'export', bundle]
    expect((await coolports(tree, ...words, 'none')).status).toBe(1)
    expect((await coolports(tree, ...words)).status).toBe(2)
    expect((await coolports(tree, 'mirror', 'export', join(bundle, 'below'), 'seed')).status).toBe(2)
    const said = await coolports(tree, ...words, 'seed')
    expect(said).toMatchObject({ status: 2, err: expect.stringContaining('git does not know it') })
    tree.write('pkg/other/package.ts', manifest())
    expect(await coolports(tree, 'mirror', 'export', '--prove', 'other', bundle, 'seed')).toMatchObject({
      status: 2,
      err: expect.stringContaining('it is not among the packages'),
    })
  })
})

test('a listing escapes what sha256sum escapes', () => {
  const digest = sha256('')
  expect(listingLine('a b', digest)).toBe(`${digest}  a b\n`)
  expect(listingLine('a\nb\\c\r', digest)).toBe(`\\${digest}  a\\nb\\\\c\\r\n`)
})

test('the modules of a bundle are those that are not for development, with all below them', () => {
  const modules = runtimeModules('node_modules')
  expect(modules).toContain('esbuild')
  expect(modules).toContain('yargs')
  expect(modules).not.toContain('vitest')
  expect(modules).not.toContain('typescript')
  expect(modules.filter(path => path.includes('/node_modules/'))).toEqual([])
})
