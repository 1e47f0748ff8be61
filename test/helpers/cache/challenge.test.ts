import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { packagePath } from '../../../core/store.ts'
import { challenge } from '../../../helpers/cache/challenge.ts'
import { makeKey, type SecretKey } from '../../../helpers/cache/minisign.ts'
import { closePlaces, openPlaces } from '../../../helpers/cache/open-places.ts'
import { keepStatements } from '../../../helpers/cache/provenance.ts'
import type { CacheRecord } from '../../../helpers/cache/record.ts'
import { signRecord } from '../../../helpers/cache/signed-record.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { coolportsIn } from '../../cli/support.ts'
import { folder, serve } from '../fetch/support.ts'

afterEach(closePlaces)

test.each([
  ['that never answers', () => {}],
  ['that stops in the middle', (response: { write(text: string): void }) => response.write('package: x')],
])('a server %s gave nothing in that time', async (_, answer) => {
  const { url } = await serve((_request, response) => void answer(response))
  const { places } = await openPlaces([url], { http_proxy: '' })
  const { key } = makeKey()
  const { troubles } = await challenge(
    sha256('x'),
    places,
    [{ key: key.public }],
    folder(),
    '2029-01-01',
    300,
  )
  expect(troubles).toEqual([{ place: url, builder: key.public.id, why: 'nothing within 0.3 s' }])
})

test('a place that breaks is told of, and the others are heard', async () => {
  const broken = {
    name: 'mine',
    open: () => Promise.reject(new Error('out of order')),
    close: async () => {},
  }
  const { key } = makeKey()
  const { troubles } = await challenge(sha256('x'), [broken], [{ key: key.public }], folder(), '2029-01-01')
  const why = 'an answer that is refused: "out of order"'
  expect(troubles).toEqual([{ place: 'mine', builder: key.public.id, why }])
})

test('what the store has of a builder counts by its signature alone', async () => {
  const [store, hash] = [folder(), sha256('x')]
  mkdirSync(dirname(packagePath(store, hash)), { recursive: true })
  const packed = await packTree(folder(), packagePath(store, hash))
  if (!packed.ok) throw new Error('not packed')
  const [alice, mallory] = [makeKey().key, makeKey().key]
  const record: CacheRecord = {
    name: 'x' as PackageName,
    version: '1-1',
    hash,
    tar: packed.value.digest,
    gz: sha256('gz'),
    size: 1,
    closure: [],
    builder: alice.public.id,
  }
  const trusted = { key: alice.public, name: 'alice' }
  const said = async (by: SecretKey): Promise<readonly string[]> => {
    keepStatements(store, [{ record, trusted, file: signRecord(record, by) }])
    const compared = await challenge(hash, [], [trusted], store, '2029-01-01')
    // What was said once is no answer of today.
    expect(compared.answered).toBe(false)
    return compared.said.map(({ builder }) => builder)
  }
  expect(await said(alice)).toEqual(['alice'])
  expect(await said(mallory)).toEqual([])
})

test('a folder is no key to ask about', () => {
  const words = ['-C', process.cwd(), 'challenge', 'make', '--key', '/']
  const { status, err } = coolportsIn(folder(), { XDG_CONFIG_HOME: folder() }, ...words)
  expect(err).toBe('coolports: cannot ask about the key "/": it is a folder, not a file\n')
  expect(status).toBe(2)
})
