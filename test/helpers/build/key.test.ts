import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { checkFiles, openKey } from '../../../helpers/build/key.ts'
import { keyFileText } from '../../support/pkgkey.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'key-'))
  mkdirSync(join(folder, 'files/deep'), { recursive: true })
  mkdirSync(join(folder, 'store/distfiles'), { recursive: true })
  writeFileSync(join(folder, 'files/deep/a'), 'a')
  writeFileSync(join(folder, 'files/b'), 'b')
  chmodSync(join(folder, 'files/b'), 0o755)
  fetchList('x', 'y')
  writeFileSync(join(folder, 'key'), keyFileText(KEY))
})
afterEach(() => rmSync(folder, { recursive: true }))

const KEY = [
  'coolports-pkgkey 1',
  'name one',
  'version 1',
  'release 1',
  'arch x86_64',
  'sandbox 1',
  'tar 1',
  `source ${sha256('x')} x`,
  `source ${sha256('y')} y`,
  `file 755 ${sha256('b')} b`,
  `file 644 ${sha256('a')} deep/a`,
  'host-path /usr',
  'build script',
  '| source of another kind',
  '|',
  '| file of another kind',
  `build-dep x ${sha256('')}`,
  '',
].join('\n')

/** Sources, each with its own name as its content. */
function fetchList(...names: readonly string[]): void {
  for (const name of names) writeFileSync(join(folder, 'store/distfiles', sha256(name)), name)
  const records = names.map(name => `file: ${name}\nsha256: ${sha256(name)}\n`)
  writeFileSync(join(folder, 'fetch'), records.join('\n'))
}

const SCRIPT = 'source of another kind\n\nfile of another kind\n'

const open = (
  more: {
    readonly script?: string
    readonly host?: readonly string[]
    readonly closures?: readonly string[]
  } = {},
) =>
  openKey(join(folder, 'store'), {
    key: join(folder, 'key'),
    fetch: join(folder, 'fetch'),
    host: ['/usr'],
    closures: ['../x/.closure'],
    script: SCRIPT,
    ...more,
  })

/** Both answers in one: first that about the key, then that about the files. */
const check = () => {
  const key = open()
  return key.ok && key.value ? checkFiles(key.value, join(folder, 'files')) : key
}

test('a key that speaks of all that a build would be shown is taken', () => {
  expect(open()).toMatchObject({ ok: true, value: { text: KEY, hash: sha256(KEY) } })
  expect(check()).toMatchObject({ ok: true })
})

test('a key that speaks of files is of no build without them', () => {
  const key = open()
  const unshown = [`file 755 ${sha256('b')} b`, `file 644 ${sha256('a')} deep/a`]
  expect(key.ok && key.value && checkFiles(key.value, undefined)).toMatchObject({
    error: [{ unkeyed: [], unshown }],
  })
})

test('a key with a line that a key does not have is refused', () => {
  const text = KEY.replace('build script', 'files /etc\nbuild script')
  for (const [content, why] of [
    [keyFileText(text), 'it is no key of a package: line 13 is "files /etc"'],
    [`${sha256(KEY)}\n${text}`, 'its first line is not the sha256 of what is below it'],
    [keyFileText(KEY).slice(0, -1), 'its first line is not the sha256 of what is below it'],
    [KEY, 'its first line is not the sha256 of what is below it'],
  ] as const) {
    writeFileSync(join(folder, 'key'), content)
    expect(open()).toEqual({ ok: false, error: [{ kind: 'bad key', key: join(folder, 'key'), why }] })
  }
})

test('a source that is damaged in the store is refused', () => {
  const path = join(folder, 'store/distfiles', sha256('y'))
  writeFileSync(path, 'other')
  const error = [{ kind: 'damaged source', file: 'y', path }]
  expect(open()).toMatchObject({ ok: false, error })
})

test.each<[string, () => void, readonly string[], readonly string[]]>([
  ['a file more', () => writeFileSync(join(folder, 'files/c'), 'c'), [`file 644 ${sha256('c')} c`], []],
  ['a symlink more', () => symlinkSync('b', join(folder, 'files/l')), ['file 644 symlink l'], []],
  ['a source more', () => fetchList('x', 'y', 'z'), [`source ${sha256('z')} z`], []],
  ['a file less', () => rmSync(join(folder, 'files/b')), [], [`file 755 ${sha256('b')} b`]],
  ['a source less', () => fetchList('x'), [], [`source ${sha256('y')} y`]],
  [
    'a file of another mode',
    () => chmodSync(join(folder, 'files/b'), 0o644),
    [`file 644 ${sha256('b')} b`],
    [`file 755 ${sha256('b')} b`],
  ],
  [
    'another file',
    () => writeFileSync(join(folder, 'files/deep/a'), 'other'),
    [`file 644 ${sha256('other')} deep/a`],
    [`file 644 ${sha256('a')} deep/a`],
  ],
])('%s than the key speaks of is refused', (_, change, unkeyed, unshown) => {
  change()
  expect(check()).toEqual({
    ok: false,
    error: [{ kind: 'not keyed', key: join(folder, 'key'), unkeyed, unshown }],
  })
})

test.each<[string, string, object]>([
  [
    'another line',
    SCRIPT.replace('source', 'sauce'),
    { line: 1, given: 'sauce of another kind', keyed: 'source of another kind' },
  ],
  ['a line more', `${SCRIPT}more`, { line: 4, given: 'more' }],
  ['a line less', 'source of another kind\n\n', { line: 3, keyed: 'file of another kind' }],
  [
    'lines in another order',
    SCRIPT.split('\n').reverse().join('\n'),
    { line: 1, given: '', keyed: 'source of another kind' },
  ],
])('a script with %s than that of the key is refused', (_, script, difference) => {
  const error = [{ kind: 'other script', key: join(folder, 'key'), ...difference }]
  expect(open({ script })).toEqual({ ok: false, error })
})

test('a folder of the host that the key does not speak of is refused', () => {
  const unkeyed = ['host-path /etc']
  expect(open({ host: ['/usr', '/etc'] })).toMatchObject({
    ok: false,
    error: [{ kind: 'not keyed', unkeyed, unshown: [] }],
  })
  expect(open({ host: [] })).toMatchObject({
    ok: false,
    error: [{ unkeyed: [], unshown: ['host-path /usr'] }],
  })
})

test.each<[string, readonly string[], readonly string[], readonly string[]]>([
  ['a package more', ['../x/.closure', '../gcc/.closure'], ['build-dep gcc'], []],
  ['a package less', ['.bclosure'], [], ['build-dep x']],
  ['another list', ['/tmp/x/.closure'], ['build-dep /tmp/x/.closure'], ['build-dep x']],
])('%s to build with than the key speaks of is refused', (_, closures, unkeyed, unshown) => {
  const error = [{ kind: 'not keyed', key: join(folder, 'key'), unkeyed, unshown }]
  expect(open({ closures })).toEqual({ ok: false, error })
})
