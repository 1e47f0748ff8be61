import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { shellWord } from '../../../core/shell.ts'
import { patchesIn } from '../../../helpers/whence/patches.ts'
import { keyOf, pkgKeyText } from '../../support/pkgkey.ts'

test('the patches of a key are those of its files that the script applies, whatever their names', () => {
  const names = ['a.patch', 'a b.patch', "it's.patch", 'a\u2028b.patch', 'sub/c.patch']
  const files = [...names, 'unused.patch', 'config'].map(path => ({
    mode: '644' as const,
    sha256: sha256(path),
    path,
  }))
  const script = [
    ...names.map(name => `patch -p1 <${shellWord(`/files/${name}`)}`),
    '# patch -p1 </files/unused.patch',
    'cp /files/config .',
  ]
  const patches = patchesIn(keyOf(pkgKeyText({ files, script })))
  expect(patches.map(({ path }) => path)).toEqual(names)
})
