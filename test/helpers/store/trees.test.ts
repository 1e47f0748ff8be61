import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { nameOf, type ProcessName } from '../../../core/process-name.ts'
import { treePath } from '../../../core/store.ts'
import { gc } from '../../../helpers/store/gc.ts'
import { unpackedTree } from '../../../helpers/store/trees.ts'
import { useStore } from '../../../helpers/store/use.ts'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { DEAD, partBy, UNSEEN } from '../../support/part.ts'
import { folder } from '../tar/folder.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** A package, and what a process has of its tree in a new store. */
async function begunBy(maker: ProcessName) {
  const [store, file] = [folder(), join(folder(), 'pkg.tar.gz')]
  const packed = await packTree(folder({ file: 'text' }), file)
  const digest = readIdentity(file)
  if (!packed.ok || !digest) throw new Error('it was not packed')
  const part = partBy(maker, treePath(store, digest))
  mkdirSync(part, { recursive: true })
  writeFileSync(join(part, 'half'), '')
  return { part, unpack: () => useStore(store, use => unpackedTree(use, file)) }
}

test('a tree that a killed process began is no reason to wait, and goes', async () => {
  const { part, unpack } = await begunBy(DEAD)
  const tree = await unpack()
  if (!tree.ok) throw new Error(tree.error.kind)
  expect(readFileSync(join(tree.value.path, 'file'), 'utf8')).toBe('text')
  expect(existsSync(part)).toBe(false)
})

test('a tree that a process is unpacking is waited for', async () => {
  const child = spawn('sleep', ['60'])
  const { part, unpack } = await begunBy(nameOf(child.pid ?? 0))
  let done = false
  const tree = unpack().then(() => {
    done = true
  })
  await sleep(300)
  expect(done).toBe(false)
  child.kill()
  await tree
  expect(existsSync(part)).toBe(true)
})

test('a tree that takes a process longer than ten minutes is not waited for, and not taken away from it', async () => {
  const child = spawn('sleep', ['60'])
  const { part, unpack } = await begunBy(nameOf(child.pid ?? 0))
  vi.useFakeTimers({ now: Date.now() + 11 * 60 * 1000, toFake: ['Date'] })
  expect((await unpack()).ok).toBe(true)
  expect(existsSync(join(part, 'half'))).toBe(true)
  child.kill()
})

test('a tree that a process of our number in another container began is left to it for ten minutes', async () => {
  const [early, late] = [await begunBy(UNSEEN), await begunBy(UNSEEN)]
  expect((await early.unpack()).ok).toBe(true)
  expect(existsSync(join(early.part, 'half'))).toBe(true)
  vi.useFakeTimers({ now: Date.now() + 11 * 60 * 1000, toFake: ['Date'] })
  expect((await late.unpack()).ok).toBe(true)
  expect(existsSync(late.part)).toBe(false)
})

test('a tree has the mode of all folders, whatever the umask', async () => {
  const { unpack } = await begunBy(DEAD)
  const before = process.umask(0o077)
  try {
    const tree = await unpack()
    if (!tree.ok) throw new Error(tree.error.kind)
    const modes = ['', 'file'].map(path => statSync(join(tree.value.path, path)).mode & 0o7777)
    expect(modes).toEqual([0o755, 0o644])
  } finally {
    process.umask(before)
  }
})

test('a tree is not freed while it is used', async () => {
  const [store, file] = [folder(), join(folder(), 'pkg.tar.gz')]
  await packTree(folder({ file: 'text' }), file)
  await useStore(store, async use => {
    const tree = await unpackedTree(use, file)
    expect((await gc(store, 0)).free).toEqual([])
    expect(tree.ok && existsSync(tree.value.path)).toBe(true)
  })
  expect((await gc(store, 0)).free.length).toBe(1)
})

test('a tree that was copied without its times is unpacked again, by one of all who ask, and kept below damaged/', async () => {
  const [store, file] = [folder(), join(folder(), 'pkg.tar.gz')]
  await packTree(folder({ file: 'text' }), file)
  const ask = () => useStore(store, use => unpackedTree(use, file))
  const tree = await ask()
  if (!tree.ok) throw new Error(tree.error.kind)
  // As by rsync -r, which leaves symlinks behind, too.
  rmSync(join(tree.value.path, 'file'))
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([tree, tree, tree])
  expect(readFileSync(join(tree.value.path, 'file'), 'utf8')).toBe('text')
  const aside = readdirSync(join(store, 'damaged')).map(name => readdirSync(join(store, 'damaged', name)))
  expect(aside).toEqual([[tree.value.digest]])
})
