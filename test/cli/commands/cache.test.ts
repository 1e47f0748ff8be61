import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { readAmount } from '../../../cli/commands/cache/amount.ts'
import { sha256 } from '../../../core/digest.ts'
import { distfilePath, packagePath, treePath } from '../../../core/store.ts'
import { holdTree } from '../../../helpers/store/roots.ts'
import { Store } from '../../helpers/store/store.ts'
import { fillDisk, mayMountDisk, mountDisk } from '../../support/mount.ts'
import { Tree } from '../../support/tree.ts'
import { coolports } from '../support.ts'

let store: Store
let before: string | undefined

beforeEach(() => {
  store = new Store()
  before = process.env.COOLPORTS_STORE
  process.env.COOLPORTS_STORE = store.root
})

afterEach(() => {
  if (before === undefined) delete process.env.COOLPORTS_STORE
  else process.env.COOLPORTS_STORE = before
  store.remove()
})

/** A store on a disk of its own. */
function mountedStore(): Store {
  const disk = new Store()
  // After the disk was taken off, which is done by a hook.
  onTestFinished(() => disk.remove())
  mountDisk(disk.root, 1e6)
  process.env.COOLPORTS_STORE = disk.root
  return disk
}

describe('an amount of bytes', () => {
  test.each([
    ['0', 0],
    ['123', 123],
    ['800M', 800e6],
    ['20G', 20e9],
    ['1.5T', 1.5e12],
    ['20GB', 20e9],
    ['20gib', 20 * 2 ** 30],
    ['64k', 64e3],
  ])('%s is %d', (text, bytes) => {
    expect(readAmount(text)).toEqual({ ok: true, value: bytes })
  })

  test.each(['', '-1', '20X', 'G', '1e9', '20 G', '1.2.3', '20ib', 'all', '9'.repeat(20)])(
    '%j is none',
    text => {
      expect(readAmount(text).ok).toBe(false)
    },
  )
})

describe('cache ls', () => {
  test('lists entries, the latest use first, with names, holders and what nobody knows', async () => {
    const { hash, tar } = await store.package('make')
    const source = store.source('x')
    const owner = join(store.root, 'venv')
    mkdirSync(owner)
    holdTree(store.root, owner, [tar])
    writeFileSync(join(store.root, 'packages/odd\nname'), '')
    const { status, out } = await coolports(new Tree(), 'cache', 'ls')
    expect(status).toBe(0)
    const lines = out.split('\n')
    expect(lines[0]).toContain(`distfiles ${source.slice(0, 12)}`)
    expect(lines[1]).toMatch(new RegExp(`trees     ${tar.slice(0, 12)} make-1-1 held by ${owner}$`))
    expect(lines[2]).toContain(`packages  ${hash.slice(0, 12)} make-1-1`)
    expect(out).toContain(`unknown, left alone: "${store.root}/packages/odd\\nname"`)
    expect(out).toMatch(/4 entries, [\d.]+ kB in /)
    const { entries, unknown } = JSON.parse((await coolports(new Tree(), 'cache', 'ls', '--json')).out)
    expect(entries[1]).toMatchObject({ kind: 'trees', name: tar, label: 'make-1-1', held: [owner] })
    expect(unknown).toEqual([`${store.root}/packages/odd\nname`])
  })
})

describe('cache gc', () => {
  test('says what it would free, and why the rest stays, and does so without --dry-run', async () => {
    const { tar } = await store.package('make')
    const source = store.source('x')
    const owner = join(store.root, 'venv')
    mkdirSync(owner)
    holdTree(store.root, owner, [tar])
    const tree = new Tree()
    const dry = await coolports(tree, 'cache', 'gc', '--budget', '0', '--dry-run')
    expect(dry.out).toMatch(/^would free +[\d.]+ kB packages +[0-9a-f]{12} make-1-1, used \d{4}-/m)
    expect(dry.out).toMatch(new RegExp(`^stay +[\\d.]+ kB 1 entry: held by "${owner}"$`, 'm'))
    expect(dry.status).toBe(1)
    expect(existsSync(distfilePath(store.root, source))).toBe(true)
    const wet = await coolports(tree, 'cache', 'gc', '--budget', '0')
    expect(wet.out).toMatch(/^free .* make-1-1/m)
    expect(wet.err).toMatch(/^coolports: cannot keep to the budget "0": [\d.]+ kB are in use or held\n$/)
    expect(wet.status).toBe(1)
    expect(existsSync(distfilePath(store.root, source))).toBe(false)
    expect(existsSync(treePath(store.root, tar))).toBe(true)
    expect(await coolports(tree, 'cache', 'gc', '--budget', '1G')).toMatchObject({ status: 0, err: '' })
  })

  test('refuses what is no budget, and does without a store', async () => {
    expect(await coolports(new Tree(), 'cache', 'gc', '--budget', 'much')).toMatchObject({
      status: 2,
      err: 'coolports: cannot keep to the budget "much": it is not like 800M, 20G or 1.5T\n',
    })
    expect((await coolports(new Tree(), 'cache', 'gc')).status).toBe(2)
    rmSync(store.root, { recursive: true })
    expect((await coolports(new Tree(), 'cache', 'gc', '--budget', '0')).status).toBe(0)
    expect(existsSync(store.root)).toBe(false)
  })

  test.runIf(mayMountDisk())('frees a disk that is full to the last byte', async () => {
    const disk = mountedStore()
    await disk.package('make')
    fillDisk(disk.root)
    const { status, err } = await coolports(new Tree(), 'cache', 'gc', '--budget', '0')
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(readdirSync(join(disk.root, 'trees'))).toEqual([])
  })

  test.runIf(mayMountDisk())(
    'tells of a disk that is read-only, on which all can still be read',
    async () => {
      const disk = mountedStore()
      const { tar } = await disk.package('make')
      execFileSync('mount', ['-o', 'remount,ro', disk.root])
      const tree = new Tree()
      expect((await coolports(tree, 'cache', 'gc', '--budget', '0', '-n')).status).toBe(0)
      expect(await coolports(tree, 'cache', 'gc', '--budget', '0')).toMatchObject({
        status: 2,
        err: `coolports: cannot free anything in "${disk.root}": the file system is read-only\n`,
      })
      expect((await coolports(tree, 'cache', 'ls')).out).toContain(tar.slice(0, 12))
      expect((await coolports(tree, 'cache', 'verify')).status).toBe(0)
    },
  )
})

describe('cache verify', () => {
  test('names what is damaged, sets it aside, and takes it out of the tree as well', async () => {
    const { hash } = await store.package('make')
    const tree = new Tree()
    mkdirSync(join(tree.root, 'pkg/make'))
    // As in every tree, not all of it is a package.
    writeFileSync(join(tree.root, 'pkg/tsconfig.json'), '{}')
    linkSync(packagePath(store.root, hash), join(tree.root, 'pkg/make/.pkg.tar.gz'))
    expect(await coolports(tree, 'cache', 'verify')).toEqual({
      status: 0,
      out: '3 entries read, 0 damaged\n',
      err: '',
    })
    truncateSync(packagePath(store.root, hash), 150)
    const { status, out, err } = await coolports(tree, 'cache', 'verify')
    expect({ status, out }).toEqual({ status: 1, out: '3 entries read, 1 damaged\n' })
    expect(err).toMatch(
      new RegExp(
        `^coolports: cannot trust packages ${hash.slice(0, 12)} make-1-1: its gzip is damaged: .*\n  set aside .*/damaged/.*\n  removed   .*/pkg/make/.pkg.tar.gz\n$`,
      ),
    )
    expect(existsSync(join(tree.root, 'pkg/make/.pkg.tar.gz'))).toBe(false)
    expect(existsSync(packagePath(store.root, hash))).toBe(false)
    expect((await coolports(tree, 'cache', 'verify')).status).toBe(0)
  })

  test('tells of a root that nobody can read, and leaves it', async () => {
    mkdirSync(join(store.root, 'roots'))
    writeFileSync(join(store.root, 'roots/two\nlines'), 'what')
    const { status, err } = await coolports(new Tree(), 'cache', 'verify')
    expect(status).toBe(1)
    expect(err).toContain(`cannot read the root "${store.root}/roots/two\\nlines": it names no owner`)
    expect(readdirSync(join(store.root, 'roots'))).toEqual(['two\nlines'])
  })

  test('follows no symlink that stands in place of an entry', async () => {
    const outside = join(store.root, 'outside')
    writeFileSync(outside, 'x')
    mkdirSync(join(store.root, 'distfiles'))
    symlinkSync(outside, distfilePath(store.root, sha256('x')))
    expect((await coolports(new Tree(), 'cache', 'verify', '--json')).status).toBe(1)
    expect(existsSync(outside)).toBe(true)
    expect(readdirSync(join(store.root, 'distfiles'))).toEqual([])
  })
})
