import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { contentPath, distfilePath, packageKeyPath, packagePath, treePath } from '../../../core/store.ts'
import { contentKey } from '../../../helpers/build/content-key.ts'
import { setAside, verifyStore } from '../../../helpers/store/verify.ts'
import { PACKAGE_TIME } from '../../../helpers/tar/entry.ts'
import { Store } from './store.ts'

let store: Store
let file = ''
let key = ''
let tree = ''
let note = ''
let source = ''

beforeEach(async () => {
  store = new Store()
  const { hash, tar } = await store.package('make')
  file = packagePath(store.root, hash)
  key = packageKeyPath(store.root, hash)
  tree = treePath(store.root, tar)
  note = contentPath(store.root, sha256(contentKey(readFileSync(key, 'utf8'), []) ?? ''))
  source = distfilePath(store.root, store.source('source'))
})

afterEach(() => store.remove())

async function damage(): Promise<readonly string[]> {
  const found: string[] = []
  for await (const one of verifyStore(store.root))
    if ('why' in one) found.push(`${one.entry.kind} ${one.why}`)
  return found
}

test('nothing is wrong with a store in which everything is what its name says', async () => {
  expect(await damage()).toEqual([])
})

/** As a disk would, which changes no times. */
const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
  utimesSync(path, PACKAGE_TIME, PACKAGE_TIME)
}
const timeless = (path: string): void => utimesSync(path, PACKAGE_TIME, PACKAGE_TIME)

test.each<readonly [what: string, damage: () => void, found: RegExp]>([
  ['a bit of a source', () => flip(source, 2), /^distfiles its sha256 is [0-9a-f]{64}$/],
  [
    'a source that is a symlink',
    () => {
      renameSync(source, join(store.root, 'elsewhere'))
      symlinkSync(join(store.root, 'elsewhere'), source)
    },
    /^distfiles it is no plain file$/,
  ],
  ['a bit of the data of a package', () => flip(file, 150), /^packages (its gzip is damaged|the sha256)/],
  [
    'a bit of what the header says',
    () => flip(file, 30),
    /^packages the sha256 of its tar is|^packages its gzip header|^contents/,
  ],
  ['the end of a package', () => truncateSync(file, 200), /^packages its gzip is damaged/],
  ['an empty package', () => truncateSync(file, 0), /^packages its gzip header does not name/],
  [
    'a package that is a symlink',
    () => {
      renameSync(file, join(store.root, 'elsewhere'))
      symlinkSync(join(store.root, 'elsewhere'), file)
    },
    /^packages it is no plain file$/,
  ],
  ['a letter of a key', () => flip(key, 3), /^packages the sha256 of its key is another one$/],
  [
    'a key that is a symlink',
    () => {
      renameSync(key, join(store.root, 'elsewhere'))
      symlinkSync(join(store.root, 'elsewhere'), key)
    },
    /^packages the sha256 of its key is another one$/,
  ],
  ['a key that is gone', () => rmSync(key), /^packages its key is gone$/],
  [
    'a bit of a file of a tree',
    () => flip(join(tree, 'bin/make'), 5),
    /^trees the sha256 of its tar would be/,
  ],
  [
    'a file that a tree lacks',
    () => {
      rmSync(join(tree, 'bin/make'))
      timeless(join(tree, 'bin'))
    },
    /^trees the sha256 of its tar would be/,
  ],
  [
    'a file too many in a tree',
    () => {
      writeFileSync(join(tree, 'bin/more\nlines'), '')
      timeless(join(tree, 'bin'))
    },
    /^trees /,
  ],
  ['a mode in a tree', () => chmodSync(join(tree, 'bin/make'), 0o775), /^trees "bin\/make" has mode 775$/],
  [
    'a set-user bit in a tree',
    () => chmodSync(join(tree, 'bin/make'), 0o4755),
    /^trees "bin\/make" has mode 4755$/,
  ],
  [
    'a time in a tree',
    () => utimesSync(join(tree, 'bin/make'), 1, 1),
    /^trees "bin\/make" has another time$/,
  ],
  [
    'a tree that is a symlink',
    () => {
      renameSync(tree, join(store.root, 'elsewhere'))
      symlinkSync(join(store.root, 'elsewhere'), tree)
    },
    /^trees it is no folder$/,
  ],
  [
    'another tar in a note',
    () => writeFileSync(note, readFileSync(note, 'utf8').replace(/^tar .*$/m, `tar ${sha256('other')}`)),
    /^contents its package has another tar$/,
  ],
  [
    'a mode in a skeleton',
    () => {
      const etc = join(store.root, 'skeletons', sha256('bones'), 'etc')
      mkdirSync(etc, { recursive: true })
      chmodSync(etc, 0o775)
      for (const path of [etc, join(etc, '..')]) timeless(path)
    },
    /^skeletons "etc" has mode 775$/,
  ],
  ['a letter of a note', () => flip(note, 200), /^contents it is not the note of this content$/],
])('%s is found, and what is damaged can be set aside', async (_, spoil, found) => {
  spoil()
  const [first = ''] = await damage()
  expect(first).toMatch(found)
  for await (const one of verifyStore(store.root)) {
    if ('why' in one) expect(readdirSync(await setAside(store.root, one.entry)).length).toBeGreaterThan(0)
  }
  expect(await damage()).toEqual([])
})

test('a package that names another tar than it holds is damaged', async () => {
  const bytes = readFileSync(file)
  bytes.write(sha256('another'), bytes.indexOf('tar-sha256:') + 'tar-sha256:'.length, 'latin1')
  writeFileSync(file, bytes)
  expect(await damage()).toContainEqual(
    expect.stringMatching(/^packages the sha256 of its tar is \w+, and it names/),
  )
})

test('a source of which a part came is no damage', async () => {
  mkdirSync(join(store.root, 'distfiles/.partial'))
  writeFileSync(join(store.root, 'distfiles/.partial', sha256('y')), 'half')
  expect(await damage()).toEqual([])
})

test('a package of which only the key is left is none, and no damage', async () => {
  rmSync(file)
  expect(await damage()).toEqual([])
  expect(existsSync(key)).toBe(true)
})

test('a hard link of a package elsewhere does not matter', async () => {
  mkdirSync(join(store.root, 'tree'))
  linkSync(file, join(store.root, 'tree/.pkg.tar.gz'))
  linkSync(join(tree, 'bin/make'), join(store.root, 'tree/make'))
  expect(await damage()).toEqual([])
})
