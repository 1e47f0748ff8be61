import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { Key } from '../../../core/key-file.ts'
import { scriptLines } from '../../../core/pkgkey.ts'
import { packageKeyPath, packagePath } from '../../../core/store.ts'
import { NOT_HERE } from '../../../helpers/cache/status.ts'
import { fillDisk, mayMountDisk, mountDisk, resizeDisk } from '../../support/mount.ts'
import { keyAt, keyFileText, pkgKeyText } from '../../support/pkgkey.ts'
import { END, entry } from '../tar/bytes.ts'
import { Workshop } from './workshop.ts'

vi.setConfig({ testTimeout: 180_000 })

const MB = 1024 ** 2

/** A megabyte that no compressor makes smaller. */
const NOISE = Buffer.concat(
  Array.from({ length: MB / 32 }, (_, at) => createHash('sha256').update(`${at}`).digest()),
)

const SCRIPT = 'cat /sources/noise >"$DESTDIR/noise"'

const MAKE_ROOM = 'make room there; nothing is left half done, and the next run goes on'

describe.skipIf(!mayMountDisk())('a full disk (needs root, to mount a small one)', () => {
  let shop: Workshop
  let bytes: Buffer
  beforeAll(async () => {
    shop = await Workshop.open()
  })
  afterAll(() => shop.close())
  // Mounts come and go with each test, and what they cover must not be half there.
  beforeEach(() => {
    rmSync(join(shop.store, 'packages'), { recursive: true, force: true })
    rmSync(join(shop.root, 'pkg/big'), { recursive: true, force: true })
    prepare()
    expect(shop.build('big', SCRIPT, { args: ARGS }).status).toBe(0)
    bytes = readFileSync(out())
    rmSync(out())
    rmSync(join(shop.folder('big'), '.log'))
    rmSync(join(shop.store, 'packages'), { recursive: true, force: true })
  })

  const ARGS = ['--fetch', '.fetch', '--key', '.pkghash']
  const key = (): Key => keyAt(shop.root, 'big')
  const out = () => join(shop.folder('big'), '.pkg.tar.gz')
  const names = (): readonly string[] => readdirSync(shop.folder('big')).sort()
  const INPUTS = ['.bclosure', '.fetch', '.pkghash']

  /** The files that a build of `big` begins with. */
  function prepare(script = SCRIPT): void {
    shop.closure('big', 'base')
    writeFileSync(join(shop.folder('big'), '.fetch'), shop.source('noise', NOISE))
    const sources = [{ sha256: sha256(NOISE), file: 'noise' }]
    const key = pkgKeyText({ name: 'big', sources, script: scriptLines(script) })
    writeFileSync(join(shop.folder('big'), '.pkghash'), keyFileText(key))
  }

  const build = (script = SCRIPT) => shop.build('big', script, { args: ARGS })

  /** The next run, after somebody made room. */
  function expectRight(): void {
    const ran = build()
    expect(ran.stderr).toContain('built big-1-1')
    expect(ran.status).toBe(0)
    expect(readFileSync(out()).equals(bytes)).toBe(true)
    expect(names()).toEqual([...INPUTS.slice(0, 2), '.log', '.pkg.tar.gz', '.pkghash'])
  }

  test('while a package is unpacked into the store: no half tree stays', () => {
    const trees = join(shop.store, 'trees')
    mountDisk(trees, MB)
    const ran = build()
    expect(ran).toEqual({
      status: 2,
      stdout: '',
      stderr: `do-build: cannot unpack ../base/.pkg.tar.gz: the disk is full\n  folder ${trees}\n  ${MAKE_ROOM}\n`,
    })
    expect(readdirSync(trees)).toEqual([])
    expect(names()).toEqual(INPUTS)
    resizeDisk(trees, 20 * MB)
    expectRight()
  })

  test('before the first byte can be unpacked', () => {
    const trees = join(shop.store, 'trees')
    mountDisk(trees, 20 * MB)
    const makeRoom = fillDisk(trees)
    expect(build().status).toBe(2)
    expect(readdirSync(trees)).toEqual(['.filling'])
    makeRoom()
    expectRight()
  })

  test('while the sandbox is prepared in the store: no half skeleton stays', () => {
    const skeletons = join(shop.store, 'skeletons')
    mountDisk(skeletons, 20 * MB)
    const makeRoom = fillDisk(skeletons)
    const ran = build()
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(/^do-build: cannot go on: the disk is full\n/m)
    expect(readdirSync(skeletons)).toEqual(['.filling'])
    expect(names()).toEqual(INPUTS)
    makeRoom()
    expectRight()
  })

  test('before a build has its folder', () => {
    mountDisk(shop.folder('big'), MB)
    prepare()
    const makeRoom = fillDisk(shop.folder('big'))
    const ran = build()
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(/^do-build: cannot go on: the disk is full\n/)
    expect(names()).toEqual([...INPUTS.slice(0, 2), '.filling', '.pkghash'])
    makeRoom()
    resizeDisk(shop.folder('big'), 20 * MB)
    expectRight()
  })

  test('while a script runs: its failure is not taken for that of the package', () => {
    mountDisk(shop.folder('big'), 3 * MB)
    const script = 'echo working; head -c 9000000 /dev/zero >"$DESTDIR/big"'
    prepare(script)
    const ran = build(script)
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(/^build big-1-1\n {2}working\n/)
    expect(ran.stderr).toContain(
      `do-build: cannot build big-1-1: the disk is full\n  folder ${shop.folder('big')}\n  ${MAKE_ROOM}\n`,
    )
    expect(names()).toEqual(INPUTS)
    resizeDisk(shop.folder('big'), 20 * MB)
    prepare()
    expectRight()
  })

  test('while a script runs that does not look: what it made is no package', () => {
    mountDisk(shop.folder('big'), 3 * MB)
    const script = 'head -c 9000000 /dev/zero >"$DESTDIR/big" || true'
    prepare(script)
    const ran = build(script)
    expect(ran.status).toBe(2)
    expect(ran.stderr).toContain('do-build: cannot pack big-1-1: the disk is full\n')
    expect(names()).toEqual(INPUTS)
    expect(existsSync(join(shop.store, 'packages'))).toBe(false)
    resizeDisk(shop.folder('big'), 20 * MB)
    prepare()
    expectRight()
  })

  test('while a package is packed: no half package stays', () => {
    mountDisk(shop.folder('big'), 1.5 * MB)
    prepare()
    const ran = build()
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(
      /^build big-1-1\ndo-build: cannot pack big-1-1: the disk is full\n {2}folder .*\n {2}make room/,
    )
    expect(names()).toEqual(INPUTS)
    expect(existsSync(join(shop.store, 'packages'))).toBe(false)
    resizeDisk(shop.folder('big'), 20 * MB)
    expectRight()
  })

  test('while a package is kept in the store: it is built, and the store has no half of it', () => {
    const packages = join(shop.store, 'packages')
    mountDisk(packages, 0.5 * MB)
    const ran = build()
    expect(ran.status).toBe(0)
    expect(ran.stderr).toContain(
      `do-build: cannot keep the package in the store: the disk is full\n  folder ${packages}\n  it is built all the same; a later build of it will not find it there\n`,
    )
    expect(ran.stderr).toContain('built big-1-1')
    expect(readFileSync(out()).equals(bytes)).toBe(true)
    expect(readdirSync(packages).sort()).toEqual([`${key().hash}.built`, `${key().hash}.key`])
    resizeDisk(packages, 20 * MB)
    rmSync(out())
    expectRight()
    expect(readFileSync(packagePath(shop.store, key().hash)).equals(bytes)).toBe(true)
  })

  test('before the key of a package can be kept in the store', () => {
    const packages = join(shop.store, 'packages')
    mountDisk(packages, 20 * MB)
    const makeRoom = fillDisk(packages)
    expect(build().stderr).toContain('do-build: cannot keep the package in the store: the disk is full\n')
    expect(readdirSync(packages)).toEqual(['.filling'])
    makeRoom()
    expectRight()
    expect(readFileSync(packageKeyPath(shop.store, key().hash), 'utf8')).toBe(key().text)
  })

  test('where a package gets its name: there is none, and the store has it whole', () => {
    const place = join(shop.root, 'place')
    mountDisk(place, 0.5 * MB)
    const args = ['--package', 'big-1-1', '--closure', '.bclosure', '--out', join(place, 'out'), ...ARGS]
    const ran = shop.run('big', args, { script: SCRIPT })
    expect(ran.status).toBe(2)
    expect(ran.stderr).toContain(
      `do-build: cannot go on: the disk is full\n  folder ${place}\n  ${MAKE_ROOM}\n`,
    )
    expect(readdirSync(place)).toEqual([])
    expect(names()).toEqual(INPUTS)
    expect(readFileSync(packagePath(shop.store, key().hash)).equals(bytes)).toBe(true)
    resizeDisk(place, 20 * MB)
    expect(shop.run('big', args, { script: SCRIPT }).status).toBe(0)
    expect(readFileSync(join(place, 'out')).equals(bytes)).toBe(true)
  })

  test('while a package is taken from the store again: no half of it stays', () => {
    expect(build().status).toBe(0)
    const place = join(shop.root, 'place')
    mountDisk(place, 0.5 * MB)
    const reuse = () => {
      return spawnSync(resolve('bin/do-reuse'), ['.pkghash', join(place, 'out')], {
        cwd: shop.folder('big'),
        env: { ...process.env, COOLPORTS_STORE: shop.store },
      }).status
    }
    expect(reuse()).toBe(NOT_HERE)
    expect(readdirSync(place)).toEqual([])
    resizeDisk(place, 20 * MB)
    expect(reuse()).toBe(0)
    expect(readFileSync(join(place, 'out')).equals(bytes)).toBe(true)
  })

  test('while an archive is imported', () => {
    const folder = shop.folder('imported')
    mountDisk(folder, 1.5 * MB)
    const archive = gzipSync(Buffer.concat([entry({ name: 'noise' }, NOISE), END]))
    writeFileSync(join(folder, '.fetch'), shop.source('archive', archive))
    const run = () =>
      shop.run('imported', ['--import', 'imported-1-1', '--fetch', '.fetch', '--out', '.pkg.tar.gz'])
    for (const [size, action, thing] of [
      [1.5, 'pack', 'imported-1-1'],
      [0.5, 'unpack', 'archive'],
    ] as const) {
      resizeDisk(folder, size * MB)
      const ran = run()
      expect(ran.stderr).toContain(
        `do-build: cannot ${action} ${thing}: the disk is full\n  folder ${folder}`,
      )
      expect(ran.status).toBe(2)
      expect(readdirSync(folder)).toEqual(['.fetch'])
    }
    resizeDisk(folder, 20 * MB)
    expect(run().status).toBe(0)
    // One file of the same content: the same package, whoever made it.
    expect(readFileSync(join(folder, '.pkg.tar.gz')).equals(bytes)).toBe(true)
  })

  test('when a test is over: no record says that it passed', () => {
    mountDisk(shop.folder('big'), 3 * MB)
    prepare()
    const run = (script: string) =>
      shop.run(
        'big',
        [
          ...['--package', 'big-1-1', '--closure', '.bclosure', '--test'],
          ...['--shell', '../base/.pkg.tar.gz', '--out', '.test'],
        ],
        { script },
      )
    const ran = run('head -c 9000000 /dev/zero >/tmp/big || true')
    expect(ran.status).toBe(2)
    expect(ran.stderr).toContain('do-build: cannot go on: the disk is full\n')
    expect(names()).toEqual(INPUTS)
    resizeDisk(shop.folder('big'), 20 * MB)
    expect(run('true').status).toBe(0)
    expect(names()).toEqual([...INPUTS, '.test'])
  })

  test('of the log that a build is told in: the package is built all the same', () => {
    const logs = join(shop.root, 'logs')
    mountDisk(logs, 20 * MB)
    mkdirSync(logs, { recursive: true })
    fillDisk(logs)
    const log = join(logs, 'log')
    expect(shop.build('big', SCRIPT, { args: ARGS, log }).status).toBe(0)
    expect(readFileSync(out()).equals(bytes)).toBe(true)
    expect(statSync(log).size).toBe(0)
  })
})
