import { expect, test } from 'vitest'
import { isDiskFull } from '../../core/disk.ts'

test('a quota that is used up is a full disk, other trouble is not', () => {
  const failed = (code: string): Error => Object.assign(new Error(code), { code })
  expect(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].map(code => isDiskFull(failed(code)))).toEqual([
    true,
    true,
    false,
    false,
  ])
  for (const other of [new Error('ENOSPC'), 'ENOSPC', undefined, null]) expect(isDiskFull(other)).toBe(false)
})
