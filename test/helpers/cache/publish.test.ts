import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Sha256, sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { partOf } from '../../../core/part.ts'
import { ok, refuse } from '../../../core/result.ts'
import type { ClosureMember } from '../../../helpers/built/closure.ts'
import { Broken, type Failure } from '../../../helpers/cache/failure.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { packageName, recordName } from '../../../helpers/cache/names.ts'
import type { Place, Publisher } from '../../../helpers/cache/place.ts'
import { keepStatements } from '../../../helpers/cache/provenance.ts'
import { type Publishing, publish } from '../../../helpers/cache/publish.ts'
import type { Statement } from '../../../helpers/cache/quorum.ts'
import type { CacheRecord } from '../../../helpers/cache/record.ts'
import { placeOf, publisherOf } from '../../../helpers/cache/schemes.ts'
import { signRecord, verifyRecord } from '../../../helpers/cache/signed-record.ts'
import { markBuilt } from '../../../helpers/store/built.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { mountMute } from '../../support/mount.ts'
import { DEAD, partBy } from '../../support/part.ts'

const HASH = sha256('key')
const MINE = makeKey().key
const [ALICE, CAROL] = [makeKey().key, makeKey().key]
const TRUSTED = [{ key: ALICE.public, name: 'alice' }]
const TODAY = '2029-06-01'

let folder: string
let cache: string
let store: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'publish-'))
  cache = join(folder, 'cache')
  store = join(folder, 'store')
  mkdirSync(join(folder, 'scratch'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A package of the tree, holding a text. */
async function packed(text: string): Promise<ClosureMember> {
  const tree = mkdtempSync(join(folder, 'tree-'))
  writeFileSync(join(tree, 'file'), text)
  const file = join(folder, `${text}.tar.gz`)
  const made = await packTree(tree, file)
  if (!made.ok) throw new Error('not packed')
  const name = 'x' as PackageName
  return {
    name,
    version: '1-1',
    pkghash: HASH,
    tar: made.value.digest,
    file,
    needs: [],
    setuid: [],
    asked: true,
  }
}

async function add(member: ClosureMember, more: Partial<Publishing> = {}) {
  const [place, publisher] = [await placeOf(cache, {}), await publisherOf(cache, {})]
  if (!place.ok || !publisher.ok) throw new Error('no cache')
  const [scratch, key] = [join(folder, 'scratch'), MINE]
  const both = { place: place.value, publisher: publisher.value }
  const run = { ...both, key, keys: TRUSTED, today: TODAY, store, scratch, ...more }
  return publish(member, [], run).finally(() => place.value.close())
}

const contents = () => readdirSync(cache).map(name => [name, readFileSync(join(cache, name), 'latin1')])

describe('a place that does not say what it has', () => {
  const failing = (error: Failure): Place => ({
    name: cache,
    open: async () => refuse(error),
    close: async () => {},
  })

  test.each<{ readonly failure: Failure; readonly isAway?: true }>([
    { failure: { kind: 'unreachable', why: 'the connection was reset' }, isAway: true },
    { failure: { kind: 'slow', seconds: 3 }, isAway: true },
    { failure: { kind: 'status', status: 500 } },
    { failure: { kind: 'file', why: 'permission is denied' } },
  ])(
    'by $failure.kind keeps what others put there, and is asked on if it answers',
    async ({ failure, isAway }) => {
      const member = await packed('mine')
      markBuilt(store, HASH, member.tar)
      mkdirSync(cache)
      writeFileSync(join(cache, packageName(HASH)), 'of another builder')
      const before = contents()
      const added = await add(member, { place: failing(failure) })
      expect(added.ok ? 'added' : added.error.isAway).toBe(isAway)
      expect(contents()).toEqual(before)
    },
  )

  test('that is a folder, of which a file cannot be opened, keeps what is there', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    mkdirSync(cache)
    const theirs = join(cache, packageName(HASH))
    symlinkSync(theirs, theirs)
    expect(await add(member)).toEqual({
      ok: false,
      error: { why: `${cache} gave no answer: its symlinks lead in a circle` },
    })
    expect(readdirSync(cache)).toEqual([packageName(HASH)])
    expect(readlinkSync(theirs)).toBe(theirs)

    unlinkSync(theirs)
    writeFileSync(theirs, 'of another builder')
    const mute = mountMute(theirs)
    await mute?.hangUp()
    const added = mute && (await add(member))
    await mute?.unmount()
    if (mute) expect(added).toEqual({ ok: false, error: { why: `${cache} gave no answer: ENOTCONN` } })
    expect(contents()).toEqual([[packageName(HASH), 'of another builder']])
  })

  test('is a folder that is made with its first file', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'signed' } })
    expect(contents().length).toBe(2)
  })
})

test('a folder on a share takes packages although its modes are for its owner alone to set', async () => {
  const member = await packed('mine')
  markBuilt(store, HASH, member.tar)
  const file = await open(member.file)
  const files: { chmod: typeof file.chmod } = Object.getPrototypeOf(file)
  await file.close()
  const set = vi.spyOn(files, 'chmod').mockRejectedValue(Object.assign(new Error('EPERM'), { code: 'EPERM' }))
  try {
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'signed' } })
    expect(set).toHaveBeenCalled()
  } finally {
    set.mockRestore()
  }
  expect(readFileSync(join(cache, packageName(HASH)))).toEqual(readFileSync(member.file))
})

test("what a killed process left in a folder goes when something is added; what is another process's, or another thing, stays", async () => {
  mkdirSync(cache)
  const killed = partBy(DEAD, join(cache, packageName(sha256('another'))))
  const others = [
    partOf(join(cache, packageName(HASH))),
    partBy(DEAD, join(cache, 'theirs')),
    join(cache, '.old-1'),
  ]
  for (const path of [killed, ...others]) writeFileSync(path, 'x')
  const member = await packed('mine')
  markBuilt(store, HASH, member.tar)
  expect((await add(member)).ok).toBe(true)
  expect(existsSync(killed)).toBe(false)
  expect(others.filter(path => !existsSync(path))).toEqual([])
})

test('a folder that does not take a file has no part of it either', async () => {
  const member = await packed('mine')
  mkdirSync(join(cache, packageName(HASH)), { recursive: true })
  const publisher = await publisherOf(cache, {})
  expect(publisher.ok && (await publisher.value.put(packageName(HASH), member.file)).ok).toBe(false)
  expect(readdirSync(cache)).toEqual([packageName(HASH)])
})

test('a place that names the bytes it has by our digest is not asked for them, and by another one is', async () => {
  const member = await packed('mine')
  markBuilt(store, HASH, member.tar)
  await add(member)
  let wasRead = false
  const bytes = async function* () {
    wasRead = true
    yield readFileSync(member.file)
  }
  const naming = (digest: string): Place => ({
    name: cache,
    open: async () => ok({ bytes: bytes(), sha256: digest as Sha256, close: () => {} }),
    close: async () => {},
  })
  const before = contents()
  expect(await add(member, { place: naming(sha256(readFileSync(member.file))) })).toMatchObject({ ok: true })
  expect(wasRead).toBe(false)
  expect(await add(member, { place: naming(sha256('else')) })).toMatchObject({ ok: true })
  expect(wasRead).toBe(true)
  expect(contents()).toEqual(before)
})

/** What we have signed. */
function signed(): CacheRecord {
  const read = verifyRecord(MINE.public, readFileSync(join(cache, recordName(HASH, MINE.public.id)), 'utf8'))
  if (!read.ok) throw new Error(read.error)
  return read.value
}

describe('what was built here', () => {
  test('comes with its bytes first and the record, by which it is found, last', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    const names: string[] = []
    const publisher: Publisher = {
      name: cache,
      put: async name => {
        names.push(name)
        return ok(undefined)
      },
      close: async () => {},
    }
    expect(await add(member, { publisher })).toEqual({ ok: true, value: { kind: 'signed' } })
    const { id } = MINE.public
    expect(names).toEqual([packageName(HASH), recordName(HASH, id)])
  })

  test('takes the place of another one that we alone spoke for, and of no other builder', async () => {
    const [first, second] = [await packed('first'), await packed('second')]
    markBuilt(store, HASH, first.tar)
    expect(await add(first)).toMatchObject({ value: { kind: 'signed' } })
    markBuilt(store, HASH, second.tar)
    expect(await add(second)).toEqual({ ok: true, value: { kind: 'signed' } })
    expect(readFileSync(join(cache, packageName(HASH))).equals(readFileSync(second.file))).toBe(true)
    // The same of somebody whom the user trusts stays.
    const alice = makeKey().key
    expect(await add(second, { key: alice })).toMatchObject({ value: { kind: 'signed' } })
    markBuilt(store, HASH, first.tar)
    const keys = [...TRUSTED, { key: alice.public }]
    expect(await add(first, { keys })).toMatchObject({ value: { kind: 'disputed', theirs: second.tar } })
    expect(readFileSync(join(cache, packageName(HASH))).equals(readFileSync(second.file))).toBe(true)
  })

  test.skipIf(process.platform !== 'linux')('can be read by everybody, whatever the umask', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    const before = process.umask(0o077)
    try {
      cache = join(folder, 'new/cache')
      await add(member)
    } finally {
      process.umask(before)
    }
    expect(['new', 'new/cache'].map(name => statSync(join(folder, name)).mode & 0o777)).toEqual([
      0o755, 0o755,
    ])
    const files = readdirSync(cache).map(name => statSync(join(cache, name)).mode & 0o777)
    expect(files).toEqual([0o644, 0o644])
  })

  test('is signed as what it is where another one is there, which somebody else spoke for', async () => {
    const [theirs, mine] = [await packed('theirs'), await packed('mine')]
    const alice = makeKey().key
    markBuilt(store, HASH, theirs.tar)
    await add(theirs, { key: alice })
    markBuilt(store, HASH, mine.tar)
    const added = await add(mine, { keys: [{ key: alice.public }] })
    expect(added).toMatchObject({ value: { kind: 'disputed', theirs: theirs.tar, signed: true } })
    expect(signed()).toMatchObject({ tar: mine.tar, gz: sha256(readFileSync(mine.file)) })
  })

  test('is signed with the bytes that are there, until the day that was said', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    const other = gzipSync(gunzipSync(readFileSync(member.file)), { level: 1 })
    mkdirSync(cache)
    writeFileSync(join(cache, packageName(HASH)), other)
    const there = readFileSync(join(cache, packageName(HASH)))
    expect(await add(member, { expires: '2030-01-01' })).toMatchObject({ value: { kind: 'signed' } })
    expect(readFileSync(join(cache, packageName(HASH))).equals(there)).toBe(true)
    const bytes = { gz: sha256(there), size: there.length }
    expect(signed()).toMatchObject({ tar: member.tar, ...bytes, expires: '2030-01-01' })
  })

  test('takes the place of what is no package', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    mkdirSync(cache)
    writeFileSync(join(cache, packageName(HASH)), 'a part of one')
    expect(await add(member)).toMatchObject({ value: { kind: 'signed' } })
    expect(readFileSync(join(cache, packageName(HASH))).equals(readFileSync(member.file))).toBe(true)
  })

  test('is not added where what is there breaks off', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    const bytes = async function* () {
      yield Buffer.from('x')
      throw new Broken({ kind: 'cut', have: 1 })
    }
    const place: Place = {
      name: cache,
      open: async () => ok({ bytes: bytes(), close() {} }),
      close: async () => {},
    }
    expect(await add(member, { place })).toEqual({
      ok: false,
      error: { why: `${cache} gave a part: it ends after 1 B` },
    })
  })

  test('is not signed as another tar than its file holds', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    expect(await add({ ...member, tar: sha256('other') })).toEqual({
      ok: false,
      error: { why: 'its file is damaged' },
    })
    expect(existsSync(cache)).toBe(false)
  })
})

describe('what came from a cache', () => {
  /** What somebody says of a package, or of another `.tar.gz` of the same tar. */
  function said(member: ClosureMember, by = ALICE, more: Partial<CacheRecord> = {}): Statement {
    const body = readFileSync(member.file)
    const { name, version, tar } = member
    const bytes = { gz: sha256(body), size: body.length }
    const record = { name, version, hash: HASH, tar, ...bytes, closure: [], builder: by.public.id, ...more }
    return { record, trusted: { key: by.public }, file: signRecord(record, by) }
  }
  function putThere({ record, file }: Statement, body?: Uint8Array): void {
    mkdirSync(cache, { recursive: true })
    writeFileSync(join(cache, recordName(HASH, record.builder)), file)
    if (body) writeFileSync(join(cache, packageName(HASH)), body)
  }
  const recordThere = (by = ALICE) => readFileSync(join(cache, recordName(HASH, by.public.id)), 'utf8')

  test('is passed on once; then it is there already', async () => {
    const member = await packed('theirs')
    keepStatements(store, [said(member), said(member, CAROL)])
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'passed on', builders: 2 } })
    const before = contents()
    expect(before.length).toBe(3)
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'there already' } })
    expect(contents()).toEqual(before)
  })

  test.each([
    ['is over later', { expires: '2031-01-01' }],
    ['has no end', {}],
    ['is over on the same day', { expires: '2030-01-01' }],
  ])('replaces no record by the same builder that %s', async (_, more) => {
    const member = await packed('theirs')
    keepStatements(store, [said(member, ALICE, { expires: '2030-01-01' })])
    const theirs = said(member, ALICE, more)
    putThere(theirs, readFileSync(member.file))
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'there already' } })
    expect(recordThere()).toBe(theirs.file)
  })

  test.each([
    ['is over sooner', (member: ClosureMember) => said(member, ALICE, { expires: '2029-12-31' })],
    [
      'nobody signed',
      (member: ClosureMember) => ({
        ...said(member),
        file: said(member).file.replace('package: x', 'package: y'),
      }),
    ],
  ])('replaces a record by the same builder that %s', async (_, theirs) => {
    const member = await packed('theirs')
    const kept = said(member, ALICE, { expires: '2030-01-01' })
    keepStatements(store, [kept])
    putThere(theirs(member), readFileSync(member.file))
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'passed on', builders: 1 } })
    expect(recordThere()).toBe(kept.file)
  })

  test('is not signed where a build here came out as another one', async () => {
    const member = await packed('theirs')
    keepStatements(store, [said(member)])
    markBuilt(store, HASH, sha256('mine'))
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'passed on', builders: 1 } })
    expect(readdirSync(cache)).not.toContain(recordName(HASH, MINE.public.id))
  })

  test('is not added where nothing tells that it did', async () => {
    const member = await packed('theirs')
    putThere(said(member), readFileSync(member.file))
    // The word on another package, under the name of this one's; and that of another builder.
    const stray = [said(member, ALICE, { hash: sha256('other') }), said(member, MINE)]
    mkdirSync(join(store, 'packages'), { recursive: true })
    for (const [index, { id }] of [ALICE.public, CAROL.public].entries())
      writeFileSync(join(store, 'packages', recordName(HASH, id)), stray[index]?.file ?? '')
    expect(await add(member)).toMatchObject({
      ok: false,
      error: { why: expect.stringContaining('nobody knows where it came from') },
    })
  })

  test('is passed on without a record of other bytes, be they as many', async () => {
    const member = await packed('theirs')
    keepStatements(store, [said(member), said(member, CAROL, { gz: sha256('other') })])
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'passed on', builders: 1 } })
  })

  test('replaces no record by a builder whose key is not known here', async () => {
    const member = await packed('theirs')
    keepStatements(store, [said(member, CAROL, { expires: '2030-01-01' })])
    const theirs = said(member, CAROL)
    putThere(theirs, readFileSync(member.file))
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'there already' } })
    expect(recordThere(CAROL)).toBe(theirs.file)
  })

  test('is not passed on when it is over, and that is said before anything is written', async () => {
    const member = await packed('theirs')
    const over = said(member, ALICE, { expires: '2029-05-31' })
    keepStatements(store, [over, said(member, CAROL, { expires: '2029-05-30' })])
    const added = await add(member)
    expect(added).toMatchObject({
      ok: false,
      error: { why: 'what was said of it was said until 2029-05-31, and today is 2029-06-01' },
    })
    expect(existsSync(cache)).toBe(false)
    keepStatements(store, [over, said(member, CAROL)])
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'passed on', builders: 1 } })
    expect(readdirSync(cache)).not.toContain(recordName(HASH, ALICE.public.id))
  })

  test('is passed on with records of the bytes that are there, and of no others', async () => {
    const member = await packed('theirs')
    const other = gzipSync(gunzipSync(readFileSync(member.file)), { level: 1 })
    const ofOther = { gz: sha256(other), size: other.length }
    keepStatements(store, [said(member), said(member, CAROL, ofOther)])
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'passed on', builders: 1 } })
    expect(readdirSync(cache)).not.toContain(recordName(HASH, CAROL.public.id))
    rmSync(cache, { recursive: true })
    // Another `.tar.gz` is there: of whom we have no word about that, nothing is said.
    putThere(said(member, MINE, ofOther), other)
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'passed on', builders: 1 } })
    expect(readdirSync(cache)).not.toContain(recordName(HASH, ALICE.public.id))
    keepStatements(store, [said(member), said(member, CAROL)])
    expect(await add(member)).toMatchObject({
      ok: false,
      error: { why: expect.stringContaining('of another .tar.gz than the one that is there') },
    })
    putThere(said(member, ALICE, ofOther))
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'there already' } })
  })

  test('says nothing beside another package of its key', async () => {
    const [member, other] = [await packed('theirs'), await packed('other')]
    keepStatements(store, [said(member)])
    putThere(said(other, CAROL), readFileSync(other.file))
    const before = contents()
    expect(await add(member)).toEqual({
      ok: true,
      value: { kind: 'disputed', theirs: other.tar, signed: false },
    })
    expect(contents()).toEqual(before)
  })
})
