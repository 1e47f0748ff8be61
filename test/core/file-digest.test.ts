import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import { fileDigest } from '../../core/file-digest.ts'
import { folder } from '../helpers/tar/folder.ts'

test('fileDigest() reads a file of any size, and follows no symlink', () => {
  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, 600_000]) {
    const text = 'x'.repeat(size)
    expect(fileDigest(join(folder({ file: text }), 'file')), String(size)).toBe(sha256(text))
  }
  const root = folder({ file: 'x' })
  symlinkSync('file', join(root, 'link'))
  expect(() => fileDigest(join(root, 'link'))).toThrow('ELOOP')
})
