import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { builtPath } from '../../../core/store.ts'
import { markBuilt, readBuilt } from '../../../helpers/store/built.ts'
import { storeEntries } from '../../../helpers/store/entries.ts'
import { verifyStore } from '../../../helpers/store/verify.ts'
import { Store } from './store.ts'

let store: Store
beforeEach(() => {
  store = new Store()
})
afterEach(() => store.remove())

const [HASH, ONE, TWO] = [sha256('key'), sha256('one'), sha256('two')]

test('what a build came out as is read again; the last one counts', () => {
  expect(readBuilt(store.root, HASH)).toBe(undefined)
  markBuilt(store.root, HASH, ONE)
  expect(readFileSync(builtPath(store.root, HASH), 'utf8')).toBe(`tar ${ONE}\n`)
  markBuilt(store.root, HASH, TWO)
  expect(readBuilt(store.root, HASH)).toBe(TWO)
  expect(readdirSync(`${store.root}/packages`)).toEqual([`${HASH}.built`])
})

test('it belongs to its package', async () => {
  const { hash, tar } = await store.package('make')
  markBuilt(store.root, hash, tar)
  const { entries, unknown } = storeEntries(store.root)
  const [entry] = entries.filter(({ kind }) => kind === 'packages')
  expect(entry?.paths.map(path => path.replace(/.*\./, ''))).toEqual(['gz', 'built', 'key'])
  expect(unknown).toEqual([])
})

test.each([
  ['nothing', ''],
  ['another word', `built ${ONE}\n`],
  ['two lines', `tar ${ONE}\ntar ${TWO}\n`],
  ['half of it', `tar ${ONE.slice(0, 20)}`],
])('%s proves nothing, and is no damage', async (_, text) => {
  const { hash } = await store.package('make')
  writeFileSync(builtPath(store.root, hash), text)
  expect(readBuilt(store.root, hash)).toBe(undefined)
  for await (const found of verifyStore(store.root)) expect('why' in found).toBe(false)
  rmSync(builtPath(store.root, hash))
  mkdirSync(builtPath(store.root, hash))
  expect(readBuilt(store.root, hash)).toBe(undefined)
})
