import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { packagePath } from '../../../core/store.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { closePlaces } from '../../../helpers/cache/open-places.ts'
import { originOf } from '../../../helpers/cache/provenance.ts'
import { PATIENCE } from '../../../helpers/cache/receive.ts'
import { reuse } from '../../../helpers/cache/reuse.ts'
import { NOT_HERE, REFUSED } from '../../../helpers/cache/status.ts'
import { writeTrust } from '../../../helpers/cache/trust.ts'
import { withoutPassword } from '../../../helpers/http/url.ts'
import { markBuilt } from '../../../helpers/store/built.ts'
import { keepBuilt } from '../../../helpers/store/keep.ts'
import { awaitsComparison, findDifference } from '../../../helpers/store/spot-check.ts'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { commands } from '../../support/commands.ts'
import { mayMountDisk, mountDisk } from '../../support/mount.ts'
import { keyFileText, keyOf, pkgKeyText } from '../../support/pkgkey.ts'
import { recordOf } from '../../support/record.ts'
import { serve } from '../fetch/support.ts'
import { type Good, honest } from './good.ts'

/** What others do with the store just before, and just after, a package from a cache is kept in it. */
const meanwhile = vi.hoisted(() => ({ before: () => {}, after: () => {} }))
vi.mock('../../../helpers/store/keep.ts', async original => {
  const real = await original<typeof import('../../../helpers/store/keep.ts')>()
  const keepPackage: typeof real.keepPackage = (...words) => {
    meanwhile.before()
    const kept = real.keepPackage(...words)
    meanwhile.after()
    return kept
  }
  return { ...real, keepPackage }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reuse-'))
  writeTrust(join(folder, 'trust'), [{ key: makeKey().key.public }])
})
afterEach(async () => {
  Object.assign(meanwhile, { before: () => {}, after: () => {} })
  await closePlaces()
  rmSync(folder, { recursive: true })
})

/** Asks for a package as a rule does; answers with the exit status and what was said. */
async function ask(
  name: string,
  env: Readonly<Record<string, string>>,
  patience: Parameters<typeof reuse>[3] = PATIENCE,
) {
  const text = pkgKeyText({ name })
  writeFileSync(join(folder, '.pkghash'), keyFileText(text))
  let said = ''
  const all = {
    COOLPORTS_STORE: join(folder, 'store'),
    COOLPORTS_TRUST: join(folder, 'trust'),
    http_proxy: '',
  }
  const words = [join(folder, '.pkghash'), join(folder, 'out')]
  const write = (part: string): void => {
    said += part
  }
  const status = await reuse(words, { ...all, ...env }, write, patience)
  return { status, said }
}

/** A package of the key that `ask` makes, holding a text. */
async function packed(name: string, text: string) {
  const tree = mkdtempSync(join(folder, 'tree-'))
  writeFileSync(join(tree, 'file'), text)
  const file = join(tree, 'pkg.tar.gz')
  const made = await packTree(tree, file)
  if (!made.ok) throw new Error('not packed')
  const keyText = pkgKeyText({ name })
  return { file, tar: made.value.digest, keyText, hash: sha256(keyText) }
}

/** A cache that has a package of this name, as the one who is trusted has built it. */
async function offer(name: string) {
  const { key } = makeKey()
  writeTrust(join(folder, 'trust'), [{ key: key.public, name: 'alice' }])
  const { file, tar, hash, keyText } = await packed(name, 'by alice')
  const body = readFileSync(file)
  const record = recordOf({ name, hash, tar, body, key })
  const cache = mkdtempSync(join(folder, 'cache-'))
  const good: Good = { folder: cache, hash, record, key, body, keyText }
  for (const [file, bytes] of Object.entries(honest(good))) writeFileSync(join(cache, file), bytes)
  return good
}

const store = () => join(folder, 'store')
const recordsKept = () => readdirSync(join(store(), 'packages')).filter(name => name.endsWith('.minisig'))

test('a folder that was left out is not even opened, which would take a process', async () => {
  const dead = join(folder, 'dead')
  const isRead = () => commands().some(words => words.includes(`read-folder.js\0${dead}\0`))
  for (const expected of [true, false]) {
    expect((await ask('one', { PKG_CACHE_URL: dead })).status).toBe(NOT_HERE)
    expect(isRead()).toBe(expected)
    await closePlaces()
    await vi.waitFor(() => expect(isRead()).toBe(false), 10_000)
  }
  const { said } = await ask('one', { PKG_CACHE_URL: dead, PKG_FORCE_BINARY: 'yes' })
  expect(said).toContain('no answer: there is no such folder, earlier in this run')
})

describe('a package that is taken', () => {
  test('is in the store with what it was believed for, and is not called built here', async () => {
    const { folder: cache, hash, record } = await offer('one')
    expect((await ask('one', { PKG_CACHE_URL: cache })).status).toBe(0)
    expect(originOf(store(), hash, record.tar)).toMatchObject({ kind: 'from caches', kept: [{ record }] })
    expect(originOf(store(), hash, sha256('another'))).toEqual({ kind: 'unknown' })
    markBuilt(store(), hash, record.tar)
    expect(originOf(store(), hash, record.tar)).toEqual({ kind: 'built here' })
    // A store without packages is no fault.
    const [signed] = recordsKept()
    rmSync(join(store(), 'packages', `${hash}.built`))
    rmSync(join(store(), 'packages', signed ?? ''))
    expect(originOf(store(), hash, record.tar)).toEqual({ kind: 'unknown' })
    expect(originOf(join(folder, 'nowhere'), hash, record.tar)).toEqual({ kind: 'unknown' })
  })

  test.each([
    ['name', { name: 'two' as PackageName }, 'two-1-1'],
    ['version', { version: '2-1' }, 'one-2-1'],
  ])('is refused where a builder signed it with the %s of another one', async (_, other, said) => {
    const good = await offer('one')
    const bent = honest({ ...good, record: { ...good.record, ...other } })
    for (const [file, bytes] of Object.entries(bent)) writeFileSync(join(good.folder, file), bytes)
    expect(await ask('one', { PKG_CACHE_URL: good.folder })).toEqual({
      status: NOT_HERE,
      said: expect.stringContaining(
        `cannot take one-1-1 from a package cache: a trusted builder signed it as "${said}"`,
      ),
    })
    expect(existsSync(packagePath(store(), good.hash))).toBe(false)
  })

  test('is refused where a build here came out otherwise meanwhile, and then built', async () => {
    const { folder: cache, hash, keyText } = await offer('one')
    const mine = await packed('one', 'by me')
    meanwhile.before = () => {
      Object.assign(meanwhile, { before: () => {} })
      keepBuilt(store(), keyOf(keyText), mine.file, mine.tar, () => {})
    }
    const { status, said } = await ask('one', { PKG_CACHE_URL: cache })
    expect(said).toContain('what is not true: a build here came out otherwise')
    expect(status).toBe(NOT_HERE)
    expect(readIdentity(packagePath(store(), hash))).toBe(mine.tar)
    expect(originOf(store(), hash, mine.tar)).toEqual({ kind: 'built here' })
  })

  test('that is there already, and the same, is taken from there, and no word is left beside it', async () => {
    const { folder: cache, keyText, body, record } = await offer('one')
    writeFileSync(join(folder, 'same'), body)
    keepBuilt(store(), keyOf(keyText), join(folder, 'same'), record.tar, () => {})
    expect((await ask('one', { PKG_CACHE_URL: cache })).status).toBe(0)
    expect(recordsKept()).toEqual([])
  })

  test.skipIf(!mayMountDisk()).each(['same', 'another'])(
    'takes the place of what was there, on the %s file system, which stays as it was under its other names',
    async where => {
      const { folder: cache, body } = await offer('one')
      const own = mkdtempSync(join(tmpdir(), 'reuse-disk-'))
      if (where === 'another') mountDisk(own, 1 << 20)
      writeFileSync(join(folder, 'before'), 'before')
      linkSync(join(folder, 'before'), join(folder, 'out'))
      const env = { PKG_CACHE_URL: cache, ...(where === 'another' ? { COOLPORTS_STORE: own } : {}) }
      expect((await ask('one', env)).status).toBe(0)
      expect(readFileSync(join(folder, 'out')).equals(body)).toBe(true)
      expect(readFileSync(join(folder, 'before'), 'utf8')).toBe('before')
    },
  )

  test('is to be built where fewer builders than are wanted have signed it', async () => {
    const { folder: cache } = await offer('one')
    const env = { PKG_CACHE_URL: cache, PKG_CACHE_QUORUM: '2', PKG_FORCE_BINARY: 'yes' }
    const { status, said } = await ask('one', env)
    expect([status, said]).toEqual([
      REFUSED,
      expect.stringContaining('a record by "alice", where 2 builders are wanted'),
    ])
  })

  test('is to be built where it is freed at once', async () => {
    const { folder: cache, hash } = await offer('one')
    meanwhile.after = () => rmSync(packagePath(store(), hash))
    expect((await ask('one', { PKG_CACHE_URL: cache })).status).toBe(NOT_HERE)
    const { status, said } = await ask('one', { PKG_CACHE_URL: cache, PKG_FORCE_BINARY: 'yes' })
    expect(said).toContain('PKG_FORCE_BINARY forbids to build it')
    expect(said).toContain('it, and it was freed from the store at once')
    expect(status).toBe(2)
  })

  test.skipIf(!mayMountDisk())('is told of where the store has no room to keep it', async () => {
    const { folder: cache } = await offer('one')
    const disk = mkdtempSync(join(tmpdir(), 'reuse-disk-'))
    for (const name of ['incoming', 'trees']) mkdirSync(join(disk, 'store', name), { recursive: true })
    // Two pages: for the record and the key, and none for the package.
    mountDisk(join(disk, 'store/packages'), 2 * 4096)
    const { status, said } = await ask('one', { PKG_CACHE_URL: cache, COOLPORTS_STORE: join(disk, 'store') })
    expect(said).toContain('cannot take one-1-1 from a package cache: the disk is full')
    expect(readdirSync(join(disk, 'store/packages')).filter(name => !name.endsWith('.minisig')).length).toBe(
      1,
    )
    expect(status).toBe(NOT_HERE)
  })

  test.skipIf(!mayMountDisk())('is no lie where the store has no room to unpack it', async () => {
    const { folder: cache } = await offer('one')
    const disk = mkdtempSync(join(tmpdir(), 'reuse-disk-'))
    mountDisk(join(disk, 'trees'), 1 << 20, 'nr_inodes=2')
    const { status, said } = await ask('one', { PKG_CACHE_URL: cache, COOLPORTS_STORE: disk })
    expect(said).toContain('cannot take one-1-1 from a package cache: the disk is full')
    expect([said.includes('left out'), status]).toEqual([false, NOT_HERE])
  })

  test.skipIf(!mayMountDisk()).each(['.', 'store'])(
    'is told of where the store, %s, can only be read, without advice to make room',
    async name => {
      const { folder: cache } = await offer('one')
      const disk = mkdtempSync(join(tmpdir(), 'reuse-disk-'))
      mountDisk(disk, 1 << 20, 'ro')
      const { status, said } = await ask('one', { PKG_CACHE_URL: cache, COOLPORTS_STORE: join(disk, name) })
      expect(said).toContain('cannot take one-1-1 from a package cache: the file system is read-only')
      expect(said).toContain('what comes from a cache needs a store that can be written to')
      expect(said).not.toContain('make room')
      expect(said).not.toContain('it is built here')
      expect(status).toBe(NOT_HERE)
    },
  )
})

describe('a spot check', () => {
  const CHECKED = { PKG_CACHE_SPOT_CHECK: '100%' }

  test('has a package built that a cache has, but not where that is forbidden', async () => {
    const { folder: cache, hash } = await offer('one')
    const { status, said } = await ask('one', { ...CHECKED, PKG_CACHE_URL: cache })
    expect([status, said]).toEqual([NOT_HERE, expect.stringContaining('spot check of one-1-1: it is built')])
    expect([existsSync(packagePath(store(), hash)), awaitsComparison(store(), hash)]).toEqual([false, true])
    const forced = await ask('one', { ...CHECKED, PKG_CACHE_URL: cache, PKG_FORCE_BINARY: 'yes' })
    expect([forced.status, forced.said]).toEqual([0, expect.stringContaining('signed by alice')])
    expect(forced.said).toContain(
      'cannot check what package caches give: PKG_FORCE_BINARY forbids the builds',
    )
  })

  test('that came out otherwise is remembered: no cache is asked for the package any more', async () => {
    const { folder: cache, hash } = await offer('one')
    await ask('one', { ...CHECKED, PKG_CACHE_URL: cache })
    expect(findDifference(store(), hash, sha256('mine'))).toMatchObject({ builders: ['alice'] })
    const { status, said } = await ask('one', { PKG_CACHE_URL: cache })
    expect([status, said]).toEqual([
      NOT_HERE,
      expect.stringContaining('a build here came out otherwise than alice signed'),
    ])
    expect(existsSync(packagePath(store(), hash))).toBe(false)
  })

  test('that came out the same is over: the next build is compared with nothing', async () => {
    const { folder: cache, hash, record } = await offer('one')
    await ask('one', { ...CHECKED, PKG_CACHE_URL: cache })
    expect(findDifference(store(), hash, record.tar)).toBeUndefined()
    expect(awaitsComparison(store(), hash)).toBe(false)
    expect((await ask('one', { PKG_CACHE_URL: cache })).status).toBe(0)
  })
})

test('where nobody is trusted it is said once, and which file that was read in', async () => {
  const env = { PKG_CACHE_URL: folder, REDO_RUN: '' }
  const file = join(folder, 'no trust')
  expect((await ask('one', { ...env, COOLPORTS_TRUST: file })).said).toContain(
    `trusted keys ${file} (there is no such file)`,
  )
  expect((await ask('two', { ...env, COOLPORTS_TRUST: file })).said).toBe('')
  writeTrust(file, [])
  expect((await ask('one', { ...env, COOLPORTS_TRUST: file })).said).toContain(`trusted keys ${file}\n`)
})

const failing = () => serve((_, response) => response.writeHead(500).end())

describe('what nobody foresaw', () => {
  test('is told, and never has a package built where that is forbidden', async () => {
    const { folder: cache } = await offer('one')
    // What stands in the way of its file is no folder that is gone when the next one comes.
    mkdirSync(join(folder, 'out/full'), { recursive: true })
    for (const [force, status] of [
      ['', NOT_HERE],
      ['yes', REFUSED],
    ] as const) {
      const got = await ask('one', { PKG_CACHE_URL: cache, PKG_FORCE_BINARY: force })
      expect(got).toEqual({ status, said: expect.stringContaining('cannot take one from a package cache: ') })
    }
  })

  test('a package that is another than was signed says nothing of the others', async () => {
    const { folder: cache, hash } = await offer('one')
    writeFileSync(join(cache, `${hash}.tar.gz`), 'somebody else built this')
    const run = join(folder, 'run')
    mkdirSync(run)
    writeFileSync(join(run, 'ask'), '')
    const env = { PKG_CACHE_URL: cache, REDO_RUN: run }
    const got = await ask('one', env)
    expect(got.status).toBe(NOT_HERE)
    expect(got.said).toContain('it gave another package than was signed: it has 24 bytes, not')
    expect(got.said).not.toContain('left out')
    expect(await ask('none', env)).toEqual({ status: NOT_HERE, said: '' })
    const again = await ask('one', { ...env, PKG_FORCE_BINARY: 'yes' })
    expect(again.said).not.toContain('earlier in this run')
  })
})

test('many trusted keys are no reason for a warning of node', async () => {
  writeTrust(
    join(folder, 'trust'),
    Array.from({ length: 12 }, () => ({ key: makeKey().key.public })),
  )
  const warnings: Error[] = []
  const hear = (warning: Error): void => void warnings.push(warning)
  process.on('warning', hear)
  const { url } = await serve((_, response) => response.writeHead(404).end())
  expect((await ask('one', { PKG_CACHE_URL: url })).status).toBe(NOT_HERE)
  process.off('warning', hear)
  expect(warnings).toEqual([])
})

describe('a cache that failed', () => {
  test('in the middle of a package costs its patience once; those after it less', async () => {
    const { folder: cache, hash } = await offer('one')
    const stalling: RequestListener = (request, response) => {
      const file = request.url?.slice(1) ?? ''
      const path = join(cache, file)
      if (!existsSync(path)) return response.writeHead(404).end()
      const body = readFileSync(path)
      response.writeHead(200, { 'content-length': body.length })
      return file === `${hash}.tar.gz` ? response.write(body.subarray(0, 99)) : response.end(body)
    }
    const urls = (await Promise.all([1, 2, 3, 4].map(() => serve(stalling)))).map(({ url }) => url)
    const patience = { ...PATIENCE, headStartMs: 60_000, idleMs: 1000 }
    const got = await ask('one', { PKG_CACHE_URL: urls.join(' ') }, patience)
    expect(got.status).toBe(NOT_HERE)
    const waits = [...got.said.matchAll(/too little to wait for within ([\d.]+) s/g)]
    expect(waits.map(([, seconds]) => seconds)).toEqual(['1', '0.3', '0.09', '0.09'])
  })

  test('is not asked again in the run, by no process of it, and said once', async () => {
    const { url, asked } = await failing()
    const run = join(folder, 'run')
    mkdirSync(run)
    writeFileSync(join(run, 'ask'), '')
    const env = { PKG_CACHE_URL: url, REDO_RUN: run }
    const first = await ask('one', env)
    expect(first).toEqual({ status: NOT_HERE, said: expect.stringContaining('it gave HTTP 500') })
    const count = asked.length
    expect(await ask('two', env)).toEqual({ status: NOT_HERE, said: '' })
    expect(asked.length).toBe(count)
    // The refusal still says what it said.
    const { said } = await ask('three', { ...env, PKG_FORCE_BINARY: 'yes' })
    expect(said).toContain('HTTP 500, earlier in this run')
    // Another run asks.
    mkdirSync(join(folder, 'other'))
    writeFileSync(join(folder, 'other/ask'), '')
    await ask('four', { ...env, REDO_RUN: join(folder, 'other') })
    expect(asked.length).toBeGreaterThan(count)
  })

  test('is left alone for a while where there is no run of ours, and then asked again', async () => {
    const { url, asked } = await failing()
    const env = { PKG_CACHE_URL: url, REDO_RUN: '' }
    await ask('one', env)
    const count = asked.length
    await ask('two', env)
    expect(asked.length).toBe(count)
    for (const note of readdirSync(join(folder, 'store/caches')))
      utimesSync(join(folder, 'store/caches', note), 1, 1)
    await ask('three', env)
    expect(asked.length).toBeGreaterThan(count)
  })
})

test.each([
  ['https', 'those go into ~/.netrc'],
  ['oci', 'docker login keeps those'],
])('a password in the %s url of a cache is told to nobody', async (scheme, remedy) => {
  const url = `${scheme}://me:secret@cache.example/packages`
  const { status, said } = await ask('one', { PKG_CACHE_URL: url, PKG_FORCE_BINARY: 'yes' })
  expect(status).toBe(2)
  expect(said).toContain(
    `cannot use the package cache "${scheme}://cache.example/packages": it holds a user name or password: ${remedy}`,
  )
  expect(said).not.toContain('secret')
  rmSync(join(folder, 'trust'))
  expect((await ask('two', { PKG_CACHE_URL: url, PKG_FORCE_BINARY: 'yes' })).said).not.toContain('secret')
})

test.each([
  ['http://me@host/x', 'http://host/x'],
  ['me:secret@host/x', 'host/x'],
  ['/srv/of@me', '/srv/of@me'],
  ['https://host/of@me', 'https://host/of@me'],
  ['https://me:sec/ret@host/x', 'https://host/x'],
  ['https://me:sec?r#et@host/x', 'https://host/x'],
  ['me:sec/ret@host/x', 'host/x'],
  ['https://me:secret@host:none/x', 'https://host:none/x'],
  ['https://host/x?token=secret', 'https://host/x?...'],
  ['ipfs://QmX/of@me', 'ipfs://QmX/of@me'],
  ['/srv/is it?', '/srv/is it?'],
])('%s is shown as %s', (url, want) => {
  expect(withoutPassword(url)).toBe(want)
})

describe('a cache that is slow to answer', () => {
  const PATIENT = { ...PATIENCE, raceMs: 900 }
  const slowly =
    (answer: (name: string) => Buffer | undefined): RequestListener =>
    (request, response) => {
      const body = answer(request.url?.slice(1) ?? '')
      setTimeout(() => (body ? response.end(body) : response.writeHead(404).end()), 400)
    }

  test('that it has nothing is left out at the third time, by all processes of the run together', async () => {
    const { url, asked } = await serve(slowly(() => undefined))
    const run = join(folder, 'run')
    mkdirSync(run)
    writeFileSync(join(run, 'ask'), '')
    const env = { PKG_CACHE_URL: url, REDO_RUN: run }
    expect(await ask('one', env, PATIENT)).toEqual({ status: NOT_HERE, said: '' })
    expect(await ask('two', env, PATIENT)).toEqual({ status: NOT_HERE, said: '' })
    const { said } = await ask('three', env, PATIENT)
    expect(said).toContain(
      'it gave nothing 3 times, each after more than 0.3 s: it answers slowly and has nothing',
    )
    const count = asked.length
    expect(await ask('four', env, PATIENT)).toEqual({ status: NOT_HERE, said: '' })
    expect(asked.length).toBe(count)
    const forced = await ask('five', { ...env, PKG_FORCE_BINARY: 'yes' }, PATIENT)
    expect(forced.said.split(url).length).toBe(2)
    expect(forced.said).toContain('it answers slowly and has nothing, earlier in this run')
  })

  test('and has the package is asked on', async () => {
    const { folder: cache } = await offer('one')
    const { url } = await serve(
      slowly(name => (existsSync(join(cache, name)) ? readFileSync(join(cache, name)) : undefined)),
    )
    for (let count = 0; count < 4; count++) {
      expect((await ask('one', { PKG_CACHE_URL: url }, PATIENT)).said).toContain('signed by alice')
      rmSync(join(store(), 'packages'), { recursive: true })
    }
  })
})

// S3 says 403 of a missing file to who may not list its bucket.
test.each([404, 403])(
  'a cache that has nothing, and says so by %d, is asked for the next package',
  async code => {
    const { url, asked } = await serve((_, response) => response.writeHead(code).end())
    const env = { PKG_CACHE_URL: url }
    expect(await ask('one', env)).toEqual({ status: NOT_HERE, said: '' })
    const count = asked.length
    const { status, said } = await ask('two', { ...env, PKG_FORCE_BINARY: 'yes' })
    expect(status).toBe(2)
    expect(said).toContain(`no record by a trusted key${code === 403 ? ' (HTTP 403)' : '\n'}`)
    expect(asked.length).toBe(2 * count)
  },
)

describe('a cache that says 403 of all', () => {
  test('is told of once, at the third package, and asked on', async () => {
    const { url, asked } = await serve((_, response) => response.writeHead(403).end())
    const env = { PKG_CACHE_URL: url }
    for (const name of ['one', 'two']) expect(await ask(name, env)).toEqual({ status: NOT_HERE, said: '' })
    const { said } = await ask('three', env)
    expect(said).toContain(
      `cannot see anything in the package cache "${url}": it has answered HTTP 403 so far`,
    )
    const count = asked.length
    expect(await ask('four', env)).toEqual({ status: NOT_HERE, said: '' })
    expect(asked.length).toBeGreaterThan(count)
  })

  test('is told of no more when it has given something', async () => {
    const { folder: cache } = await offer('one')
    const { url } = await serve((request, response) => {
      const path = join(cache, request.url ?? '')
      if (existsSync(path)) response.end(readFileSync(path))
      else response.writeHead(403).end()
    })
    const env = { PKG_CACHE_URL: url }
    expect((await ask('one', env)).said).toContain('signed by alice')
    for (const name of ['two', 'three', 'four'])
      expect(await ask(name, env)).toEqual({ status: NOT_HERE, said: '' })
  })
})

test.each([
  [
    'the hash of another key',
    `${sha256('x')}\nname x\n`,
    'its first line is not the sha256 of what is below it',
  ],
  ['a key without its hash', 'name x\n', 'its first line is not the sha256 of what is below it'],
  ['a hash without its key', `${sha256('x')}\n`, 'its first line is not the sha256 of what is below it'],
  ['nothing', '', 'its first line is not the sha256 of what is below it'],
  ['what is no key', keyFileText('name x\n'), 'it is no key of a package: line 1 is "name x"'],
])('%s is no question', async (_, content, why) => {
  writeFileSync(join(folder, '.pkghash'), content)
  let said = ''
  const status = await reuse([join(folder, '.pkghash'), 'out'], { PKG_CACHE_URL: folder }, part => {
    said += part
  })
  expect(status).toBe(2)
  expect(said).toContain(why)
})
