import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { openKey } from '../../../helpers/build/key.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'key-'))
  mkdirSync(join(folder, 'files/deep'), { recursive: true })
  mkdirSync(join(folder, 'store/distfiles'), { recursive: true })
  writeFileSync(join(folder, 'files/deep/a'), 'a')
  writeFileSync(join(folder, 'files/b'), 'b')
  chmodSync(join(folder, 'files/b'), 0o755)
  fetchList('x', 'y')
  writeFileSync(join(folder, 'key'), KEY)
})
afterEach(() => rmSync(folder, { recursive: true }))

const KEY = [
  'coolports-pkgkey 1',
  `source ${sha256('x')} x`,
  `source ${sha256('y')} y`,
  `file 755 ${sha256('b')} b`,
  `file 644 ${sha256('a')} deep/a`,
  'build script',
  '| source of another kind',
  '',
].join('\n')

/** Sources, each with its own name as its content. */
function fetchList(...names: readonly string[]): void {
  for (const name of names) writeFileSync(join(folder, 'store/distfiles', sha256(name)), name)
  const records = names.map(name => `file: ${name}\nsha256: ${sha256(name)}\n`)
  writeFileSync(join(folder, 'fetch'), records.join('\n'))
}

const open = () =>
  openKey(join(folder, 'store'), {
    key: join(folder, 'key'),
    fetch: join(folder, 'fetch'),
    files: join(folder, 'files'),
  })

test('a key that speaks of all that a build would be shown is taken', () => {
  expect(open()).toMatchObject({ ok: true, value: { text: KEY, hash: sha256(KEY) } })
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
  expect(open()).toEqual({
    ok: false,
    error: [{ kind: 'not keyed', key: join(folder, 'key'), unkeyed, unshown }],
  })
})
