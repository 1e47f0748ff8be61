import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Sha256 } from '../../../core/digest.ts'
import { formatMessage } from '../../../core/message.ts'
import { packageKeyPath, packagePath } from '../../../core/store.ts'
import { readBuilt } from '../../../helpers/store/built.ts'
import { findContent } from '../../../helpers/store/content.ts'
import { keepBuilt, keepPackage } from '../../../helpers/store/keep.ts'
import { identityAt } from '../../../helpers/tar/identity.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { mayMountDisk, mountDisk } from '../../support/mount.ts'
import { keyOf, pkgKeyText } from '../../support/pkgkey.ts'

const KEY = keyOf(pkgKeyText())

let top: string
let folder: string
let store: string
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), 'coolports keep-'))
})
beforeEach(() => {
  folder = mkdtempSync(join(top, 'one-'))
  store = join(folder, 'store')
})
// A disk that a test has mounted is taken away after that test.
afterAll(() => rmSync(top, { recursive: true }))

async function packed(text: string): Promise<{ readonly file: string; readonly tar: Sha256 }> {
  const tree = join(folder, 'tree')
  mkdirSync(tree, { recursive: true })
  writeFileSync(join(tree, 'file'), text)
  const file = join(folder, `${text}.tar.gz`)
  const made = await packTree(tree, file)
  if (!made.ok) throw new Error('not packed')
  return { file, tar: made.value.digest }
}

const kept = (): Sha256 | undefined => identityAt(packagePath(store, KEY.hash))

/** Keeps a build; answers what was said of it. */
function build({ file, tar }: { readonly file: string; readonly tar: Sha256 }): string {
  let said = ''
  keepBuilt(store, KEY, file, tar, message => {
    said += formatMessage('do-build', message)
  })
  return said
}

test('what was built is noted, and what was only taken is not', async () => {
  const one = await packed('one')
  expect(keepPackage(store, KEY, one.file)).toBe('kept')
  expect(readBuilt(store, KEY.hash)).toBe(undefined)
  expect(keepPackage(store, KEY, one.file)).toBe('there')
  expect(build(one)).toBe('')
  expect(readBuilt(store, KEY.hash)).toBe(one.tar)
})

test('a build that comes out otherwise than what the store has meanwhile is told of in capitals', async () => {
  const [theirs, ours] = [await packed('theirs'), await packed('ours')]
  keepPackage(store, KEY, theirs.file)
  const said = build(ours)
  expect(said).toContain('ANOTHER PACKAGE OF THE SAME KEY CAME INTO IT MEANWHILE')
  for (const part of [theirs.tar, ours.tar, 'coolports challenge one']) expect(said).toContain(part)
  expect(kept()).toBe(theirs.tar)
  expect(readBuilt(store, KEY.hash)).toBe(ours.tar)
  expect(readFileSync(ours.file).length).toBeGreaterThan(0)
})

test('of two builds that came out differently the note is of the one that the store has', async () => {
  const [first, second] = [await packed('first'), await packed('second')]
  build(first)
  expect(build(second)).toContain(second.tar)
  expect([kept(), readBuilt(store, KEY.hash)]).toEqual([first.tar, first.tar])
})

test('a build is noted before its package is there, and a package comes after its key', async () => {
  const one = await packed('one')
  mkdirSync(packageKeyPath(store, KEY.hash), { recursive: true })
  expect(() => build(one)).toThrow('EISDIR')
  expect([kept(), readBuilt(store, KEY.hash)]).toEqual([undefined, one.tar])
})

test('a build is noted anew where the one before is gone', async () => {
  const [first, second] = [await packed('first'), await packed('second')]
  build(first)
  rmSync(packagePath(store, KEY.hash))
  build(second)
  expect([kept(), readBuilt(store, KEY.hash)]).toEqual([second.tar, second.tar])
})

test('what content a build came of is noted also where its package is there already', async () => {
  const one = await packed('one')
  keepPackage(store, KEY, one.file)
  keepBuilt(store, KEY, one.file, one.tar, () => {}, { text: 'content', tar: one.tar })
  expect(findContent(store, 'content')?.hash).toBe(KEY.hash)
})

test.skipIf(!mayMountDisk())('a store without room is told apart', async () => {
  const { file } = await packed('one')
  mountDisk(store, 4096)
  expect(keepPackage(store, KEY, file)).toEqual({ code: 'ENOSPC' })
})

test.skipIf(!mayMountDisk())('a store that can only be read is told of, and fails no build', async () => {
  const one = await packed('one')
  mkdirSync(store)
  mountDisk(store, 1 << 20, 'ro')
  expect(build(one)).toContain('cannot keep the package in the store: the file system is read-only')
})
