import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { refuse } from '../../../core/result.ts'
import type { Failure } from '../../../helpers/cache/failure.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { packageName } from '../../../helpers/cache/names.ts'
import { type Place, placeOf, publisherOf } from '../../../helpers/cache/place.ts'
import { type Publishing, publish } from '../../../helpers/cache/publish.ts'
import type { ClosureMember } from '../../../helpers/export/closure.ts'
import { markBuilt } from '../../../helpers/store/built.ts'
import { packTree } from '../../../helpers/tar/pack.ts'

const HASH = sha256('key')
const MINE = makeKey().key

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
  return { name, version: '1-1', pkghash: HASH, tar: made.value.digest, file, setuid: [], asked: true }
}

async function add(member: ClosureMember, more: Partial<Publishing> = {}) {
  const [place, publisher] = [await placeOf(cache, {}), await publisherOf(cache, {})]
  if (!place.ok || !publisher.ok) throw new Error('no cache')
  const [scratch, key] = [join(folder, 'scratch'), MINE]
  return publish(member, [], { place: place.value, publisher: publisher.value, key, store, scratch, ...more })
}

const contents = () => readdirSync(cache).map(name => [name, readFileSync(join(cache, name), 'latin1')])

describe('a place that does not say what it has', () => {
  const failing = (error: Failure): Place => ({
    name: cache,
    open: async () => refuse(error),
    close: async () => {},
  })

  test.each<Failure>([
    { kind: 'unreachable', why: 'the connection was reset' },
    { kind: 'status', status: 500 },
    { kind: 'slow', seconds: 3 },
  ])('by $kind keeps what others put there', async failure => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    mkdirSync(cache)
    writeFileSync(join(cache, packageName(HASH)), 'of another builder')
    const before = contents()
    expect(await add(member, { place: failing(failure) })).toMatchObject({ ok: false })
    expect(contents()).toEqual(before)
  })

  test('is a folder that is made with its first file', async () => {
    const member = await packed('mine')
    markBuilt(store, HASH, member.tar)
    expect(await add(member)).toEqual({ ok: true, value: { kind: 'signed' } })
    expect(contents().length).toBe(3)
  })
})
