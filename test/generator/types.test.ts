import { spawnSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { manifest, Tree } from '../support/tree.ts'

const repository = resolve(import.meta.dirname, '../..')

type Fields = Readonly<Record<string, string | undefined>>

const RIGHT: readonly [what: string, Fields][] = [
  ['depends on a package of the tree', { buildDeps: "['zlib']" }],
  ['has one source', { source: "{ url: '', sha256: '' }", update: undefined }],
  ['has scripts in a list in a script', { build: "sh`echo ${[sh`x`, 'a b', 1]}`" }],
  ['has several sources', { sources: "[{ url: '', sha256: '' }, { urls: ['', ''], sha256: '' }]" }],
]

const WRONG: readonly [what: string, Fields, message: string][] = [
  ['a misspelt dependency name', { buildDeps: "['zlbi']" }, `Type '"zlbi"' is not assignable to type`],
  ['a missing field', { license: undefined }, "Property 'license' is missing"],
  ['a misspelt field', { buildDep: "['zlib']" }, "'buildDep' does not exist in type 'Manifest'"],
  [
    'a misspelt field of a source',
    { source: "{ url: '', sha265: '' }" },
    "'sha265' does not exist in type 'SourceFile & OneUrl'",
  ],
  ['a source without a url', { source: "{ sha256: '' }" }, "is not assignable to type 'Source'"],
  [
    'one url and several',
    { source: "{ url: '', urls: [''], sha256: '' }" },
    "Type 'string[]' is not assignable to type 'undefined'",
  ],
  [
    'one source and several',
    { source: "{ url: '', sha256: '' }", sources: '[]' },
    "Types of property 'sources' are incompatible",
  ],
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
]

/** What the compiler says of a tree with all these manifests and the package `zlib`, by package. */
let said: ReadonlyMap<string, string>

beforeAll(async () => {
  const tree = new Tree({ 'pkg/zlib/package.ts': manifest() })
  expect((await tree.generate()).problems).toEqual([])
  for (const [index, [, fields]] of [...RIGHT, ...WRONG].entries())
    tree.write(`pkg/p${index}/package.ts`, manifest(fields))
  for (const config of ['tsconfig.json', 'pkg/tsconfig.json'])
    cpSync(join(repository, config), join(tree.root, config))
  const tsc = spawnSync(join(repository, 'node_modules/.bin/tsc'), ['--noEmit', '-p', 'pkg/tsconfig.json'], {
    cwd: tree.root,
    encoding: 'utf8',
  })
  const found = new Map<string, string>()
  for (const message of tsc.stdout.split(/^(?=\S)/m)) {
    // Imports that a manifest does not use are of no interest.
    if (message.includes('error TS6133') || message.includes('error TS6192')) continue
    const name = /^pkg\/([^/]+)\/package\.ts\(/.exec(message)?.[1] ?? message
    found.set(name, (found.get(name) ?? '') + message)
  }
  said = found
})

test('nothing is said of what is not a manifest', () => {
  const names = WRONG.map((_, index) => `p${RIGHT.length + index}`)
  expect([...said.keys()].filter(name => !names.includes(name))).toEqual([])
})

test.each(RIGHT.map(([what], index) => [what, index] as const))('a manifest that %s compiles', (_, index) => {
  expect(said.get(`p${index}`)).toBeUndefined()
})

test.each(WRONG.map(([what, , message], index) => [what, message, RIGHT.length + index] as const))(
  '%s does not compile',
  (_, message, index) => {
    expect(said.get(`p${index}`)).toContain(message)
  },
)
