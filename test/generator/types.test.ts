import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { manifest, Tree } from '../support/tree.ts'

const repository = resolve(import.meta.dirname, '../..')

/** What the compiler says of a tree with the package `zlib` and this manifest as `a`. */
async function compilerSays(fields: Record<string, string | undefined>): Promise<string> {
  const tree = new Tree({ 'pkg/zlib/package.ts': manifest(), 'pkg/a/package.ts': manifest() })
  expect((await tree.generate()).problems).toEqual([])
  tree.write('pkg/a/package.ts', manifest(fields))
  for (const config of ['tsconfig.json', 'pkg/tsconfig.json'])
    cpSync(join(repository, config), join(tree.root, config))
  const tsc = spawnSync(join(repository, 'node_modules/.bin/tsc'), ['--noEmit', '-p', 'pkg/tsconfig.json'], {
    cwd: tree.root,
    encoding: 'utf8',
  })
  return tsc.stdout.replace(/pkg\/[^(]*package\.ts\(\d+,\d+\): error TS6133: .*\n/g, '')
}

test('a manifest that is right compiles', async () => {
  expect(await compilerSays({ buildDeps: "['zlib']" })).toBe('')
})

test.each<[string, Record<string, string | undefined>, string]>([
  ['a misspelt dependency name', { buildDeps: "['zlbi']" }, `Type '"zlbi"' is not assignable to type`],
  ['a missing field', { license: undefined }, "Property 'license' is missing"],
  ['a misspelt field', { buildDep: "['zlib']" }, "'buildDep' does not exist in type 'Manifest'"],
  [
    'a plain string where a script is wanted',
    { build: "'make'" },
    "Type 'string' is not assignable to type 'Import | Script'",
  ],
  [
    'a shell variable in the braces of JavaScript',
    { build: 'sh`echo ${PREFIX}`' },
    "Cannot find name 'PREFIX'",
  ],
  [
    'an object in a script',
    { build: 'sh`echo ${{ a: 1 }}`' },
    'Object literal may only specify known properties',
  ],
  ['the process', { version: 'process.version' }, "Cannot find name 'process'"],
])('%s does not compile', async (_, fields, message) => {
  const said = await compilerSays(fields)
  expect(said).toContain('pkg/a/package.ts(')
  expect(said).toContain(message)
})
