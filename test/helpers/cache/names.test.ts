import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { builderIn, isCacheFile, packageName, recordName } from '../../../helpers/cache/names.ts'

const HASH = sha256('key')
const { id } = makeKey().key.public

test('a file of a cache is a package or a signed record, by the whole of its name', () => {
  for (const name of [packageName(HASH), recordName(HASH, id)]) {
    expect(isCacheFile(name)).toBe(true)
    for (const other of [`../${name}`, `/${name}`, `${name}/..`, `${name}?x`, `${name}\n`, name.slice(1)])
      expect(isCacheFile(other)).toBe(false)
  }
})

test('builderIn() is who signed a record of just this package', () => {
  expect(builderIn(recordName(HASH, id), HASH)).toBe(id)
  expect(builderIn(recordName(sha256('other'), id), HASH)).toBeUndefined()
  expect(builderIn(packageName(HASH), HASH)).toBeUndefined()
  expect(builderIn(`.${recordName(HASH, id)}.1.part`, HASH)).toBeUndefined()
})
