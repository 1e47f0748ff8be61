import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { contentPath, packagePath } from '../../../core/store.ts'
import { findContent, rememberContent } from '../../../helpers/store/content.ts'
import { keepPackage } from '../../../helpers/store/keep.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { keyOf, pkgKeyText } from '../../support/pkgkey.ts'
import { folder } from '../tar/folder.ts'

/** What a gc takes right after somebody has seen that it is there. */
const gc = vi.hoisted(() => ({ takes: '' }))

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const seen = <Answer>(path: unknown, answer: Answer): Answer => {
    if (path === gc.takes) fs.rmSync(gc.takes, { force: true })
    return answer
  }
  const lstatSync = ((path: string, options: object) =>
    seen(path, fs.lstatSync(path, options))) as typeof fs.lstatSync
  return { ...fs, lstatSync, existsSync: (path: string) => seen(path, fs.existsSync(path)) }
})

const KEY = keyOf(pkgKeyText())
const root = mkdtempSync(join(tmpdir(), 'coolports-content-'))

afterAll(() => rmSync(root, { recursive: true, force: true }))

test.each([
  ['its package', packagePath(root, KEY.hash)],
  ['the note of it', contentPath(root, sha256('a text'))],
])('to look for content is no trouble where a gc takes %s at that moment', async (_, path) => {
  gc.takes = ''
  const file = join(root, 'a.pkg.tar.gz')
  writeFileSync(file, '')
  const packed = await packTree(folder({ a: 'a' }), file, { setuid: [] })
  if (!packed.ok) throw new Error('it cannot be packed')
  keepPackage(root, KEY, file)
  rememberContent(root, { text: 'a text', tar: packed.value.digest }, KEY.hash)
  expect(findContent(root, 'a text')?.hash).toBe(KEY.hash)
  gc.takes = path
  expect(() => findContent(root, 'a text')).not.toThrow()
})
