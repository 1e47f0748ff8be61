import { expect, test } from 'vitest'
import { secondTier, sourcesOf } from '../../templates/bootstrap.ts'
import { type Manifest, type Source, sh, skip } from '../../templates/index.ts'

const SOURCE: Source = { url: 'https://example.org/a-1.tar.gz', sha256: '1'.repeat(64) }

const MANIFEST: Manifest = {
  version: '1',
  description: 'A tool',
  homepage: 'https://example.org',
  license: 'MIT',
  source: SOURCE,
  build: sh`build`,
  check: sh`check`,
  test: sh`test`,
  env: { PATH: '/nowhere', KEPT: 'yes' },
}

test('a second tier is the recipe of the tree with another compiler, and needs nothing else of the tree', () => {
  const { runDeps, testDeps, ...recipe } = { ...MANIFEST, runDeps: ['zlib'], testDeps: ['make'] }
  const manifest = { ...recipe, runDeps, testDeps } as unknown as Manifest
  expect(secondTier(manifest)).toEqual({
    ...recipe,
    description: 'A tool (second tier of the seed)',
    buildDeps: ['cross-toolchain'],
    hostPaths: ['/usr', '/bin', '/lib', '/lib64', '/etc/alternatives'],
    env: { KEPT: 'yes', PATH: '/cross/bin:/bin:/usr/bin' },
    check: skip('it is checked where the tree builds it with the seed'),
    test: skip('the next tier of the seed is its test'),
  })
  expect(secondTier(manifest, 'another-compiler').buildDeps).toEqual(['another-compiler'])
})

test('the sources of another package go into a folder, but for those with a place of their own', () => {
  const [placed, packed] = [
    { ...SOURCE, into: 'own' },
    { ...SOURCE, unpack: false },
  ]
  const { source: _, ...none } = MANIFEST
  const many = { ...none, sources: [SOURCE, placed, packed] } as Manifest
  expect(sourcesOf(many, 'there')).toEqual([{ ...SOURCE, into: 'there' }, placed, packed])
  expect(sourcesOf(many)).toEqual([SOURCE, placed, packed])
  expect(sourcesOf(MANIFEST, 'there')).toEqual([{ ...SOURCE, into: 'there' }])
  expect(sourcesOf(none as Manifest)).toEqual([])
})
