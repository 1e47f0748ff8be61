import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sha256, sha256 } from '../../../core/digest.ts'
import { contentPath, packagePath } from '../../../core/store.ts'
import { contentKey } from '../../../helpers/build/content-key.ts'
import { findContent, rememberContent } from '../../../helpers/store/content.ts'
import { packTree } from '../../../helpers/tar/pack.ts'

const KEY = [
  'coolports-pkgkey 1',
  'name high',
  'build script',
  `| run-dep low ${sha256('in a script')}`,
  `run-dep low ${sha256('low')}`,
  `build-dep seed ${sha256('seed')}`,
  '',
].join('\n')

const TREES = [sha256('a'), sha256('b')]

describe('the content key', () => {
  test('is the recipe, the names of its dependencies, and the trees of its root in their order', () => {
    expect(contentKey(KEY, TREES)).toBe(
      [
        'coolports-contentkey 1',
        'coolports-pkgkey 1',
        'name high',
        'build script',
        `| run-dep low ${sha256('in a script')}`,
        'run-dep low',
        'build-dep seed',
        `tree ${TREES[0]}`,
        `tree ${TREES[1]}`,
        '',
      ].join('\n'),
    )
  })

  test('does not tell how a dependency was made, but which it is', () => {
    const other = KEY.replace(sha256('low'), sha256('low, from another recipe'))
    expect(contentKey(other, TREES)).toBe(contentKey(KEY, TREES))
    expect(contentKey(KEY.replace('run-dep low', 'run-dep lower'), TREES)).not.toBe(contentKey(KEY, TREES))
  })

  test('is another one for each line of the recipe, each tree, and each order', () => {
    const keys = [
      contentKey(KEY, TREES),
      contentKey(KEY, [...TREES].reverse()),
      contentKey(KEY, TREES.slice(1)),
      contentKey(KEY, [...TREES, sha256('c')]),
      contentKey(KEY.replace(sha256('in a script'), sha256('in another')), TREES),
      contentKey(KEY.replace('name high', 'name higher'), TREES),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('has a tree once that comes twice, as a root has', () => {
    expect(contentKey(KEY, [...TREES, ...TREES])).toBe(contentKey(KEY, TREES))
  })

  test('is none where a build sees the host', () => {
    expect(contentKey(KEY.replace('build script', 'host-path /usr\nbuild script'), TREES)).toBeUndefined()
  })
})

describe('a note of what came of some content', () => {
  let store = ''
  let tar = '' as Sha256
  const text = contentKey(KEY, TREES) as string
  const hash = sha256(KEY)
  const note = (): string => contentPath(store, sha256(text))

  beforeEach(async () => {
    store = mkdtempSync(join(tmpdir(), 'coolports store-'))
    mkdirSync(join(store, 'packages'))
    mkdirSync(join(store, 'content'))
    const packed = await packTree(join(store, 'content'), packagePath(store, hash))
    if (!packed.ok) throw new Error('not packed')
    tar = packed.value.digest
    rememberContent(store, { text, tar }, hash)
  })

  afterEach(() => rmSync(store, { recursive: true }))

  test('finds the package, and leaves no part behind', () => {
    expect(findContent(store, text)).toEqual({ hash, tar, path: packagePath(store, hash) })
    expect(readdirSync(join(store, 'contents'))).toEqual([sha256(text)])
    expect(findContent(store, `${text}more\n`)).toBeUndefined()
  })

  test.each([
    ['another tar', (was: string) => was.replace(/^tar .*/m, `tar ${'0'.repeat(64)}`)],
    ['another text', (was: string) => was.replace('name high', 'name higher')],
    ['a part of it', (was: string) => was.slice(0, 100)],
    ['nothing', () => ''],
    ['a way out of the store', (was: string) => was.replace(/^pkghash .*/m, 'pkghash ../../x')],
    ['another package', (was: string) => was.replace(/^pkghash .*/m, `pkghash ${sha256('x')}`)],
  ])('finds nothing where it says %s', (_, damage) => {
    writeFileSync(note(), damage(readFileSync(note(), 'utf8')))
    expect(findContent(store, text)).toBeUndefined()
    rememberContent(store, { text, tar }, hash)
    expect(findContent(store, text)?.hash).toBe(hash)
  })

  test('finds nothing where the package is a symlink, or gone', () => {
    renameSync(packagePath(store, hash), join(store, 'elsewhere'))
    expect(findContent(store, text)).toBeUndefined()
    symlinkSync(join(store, 'elsewhere'), packagePath(store, hash))
    expect(findContent(store, text)).toBeUndefined()
  })

  test('finds nothing outside of the folder of packages', () => {
    copyFileSync(packagePath(store, hash), join(store, 'x.tar.gz'))
    writeFileSync(note(), readFileSync(note(), 'utf8').replace(/^pkghash .*/m, 'pkghash ../x'))
    expect(findContent(store, text)).toBeUndefined()
  })

  test('stays that of the package that was first', () => {
    rememberContent(store, { text, tar }, sha256('a later one'))
    expect(findContent(store, text)?.hash).toBe(hash)
  })
})
