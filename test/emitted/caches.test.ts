import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HIGH_TARGET, User } from '../support/cached-tree.ts'

let cache: string
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'cache-'))
})
afterAll(() => rmSync(cache, { recursive: true }))

test('a package that a cache has is not built, and nothing below it is built or fetched', async () => {
  const [alice, bob] = [await User.of(), await User.of()]
  bob.trust(alice, 'alice')
  bob.loseSeed()
  const said = bob.must(['bin/do', HIGH_TARGET], { PKG_CACHE_URL: cache })
  expect(said).toContain('signed by alice')
  expect(existsSync(join(bob.tree.root, 'pkg/low/.pkg.tar.gz'))).toBe(false)
  expect(bob.tarhash('high')).toBe(alice.tarhash('high'))
})
