import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { findTop, Tree } from '../../redo/tree.ts'

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'redo-tree-')))
const top = join(scratch, 'top')
mkdirSync(join(top, 'real/deep'), { recursive: true })
mkdirSync(join(scratch, 'outside'))
symlinkSync('real', join(top, 'link'))
symlinkSync(join(top, 'link/deep'), join(top, 'far'))
symlinkSync('../link', join(top, 'real/up'))
symlinkSync(top, join(scratch, 'door'))

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test.each([
  ['real/x', 'real/x'],
  ['link/x', 'real/x'],
  ['far/../x', 'real/x'],
  ['link/new/x', 'real/new/x'],
  ['real/', 'real'],
  ['real/.', 'real'],
  ['link', 'link'],
  ['.', '.'],
  ['..', scratch],
  ['../door/x', 'x'],
  ['../outside/x', join(scratch, 'outside/x')],
])('%j has one name, %j, whatever way leads there and whether it is there yet', (path, name) => {
  const tree = new Tree(top)
  expect([tree.name(top, path), tree.name('/', `${top}/${path}`)]).toEqual([name, name])
})

test('linksTo() tells the symlinks on the way to a folder, also those that others lead by, and none of outside', () => {
  const tree = new Tree(top)
  for (const path of ['real/x', 'far/x', 'real/up/x', '../door/real/x']) tree.name(top, path)
  expect(tree.linksTo(top, ['real/x', '../door/real/x'])).toEqual([])
  expect(tree.linksTo(top, ['far/x'])).toEqual(['far', 'link'])
  expect(tree.linksTo(top, ['real/up/x'])).toEqual(['real/up', 'link'])
})

test('a symlink that became a folder is one after forget(), and a tree within this one may have come', () => {
  const tree = new Tree(top)
  const now = join(top, 'now')
  symlinkSync('real', now)
  expect(tree.name(top, 'now/x')).toBe('real/x')
  expect(tree.other('now/x')).toBeUndefined()
  rmSync(now)
  mkdirSync(join(now, '.redo'), { recursive: true })
  tree.forget()
  expect([tree.name(top, 'now/x'), tree.linksTo(top, ['now/x'])]).toEqual(['now/x', []])
  expect(tree.other('now/x')).toBe(now)
})

test('other() is a tree within this one or beside it, not one around it', () => {
  const around = join(scratch, 'around')
  for (const folder of ['top/within/deep', 'to', '.'])
    mkdirSync(join(around, folder, '.redo'), { recursive: true })
  const tree = new Tree(join(around, 'top'))
  expect(tree.other('x')).toBeUndefined()
  expect(tree.other('within/deep/x')).toBe(join(around, 'top/within/deep'))
  expect(tree.other('within/x')).toBeUndefined()
  expect(tree.other(join(around, 'to/x'))).toBe(join(around, 'to'))
  expect(tree.other(join(around, 'x'))).toBeUndefined()
  expect(tree.other('/x')).toBeUndefined()
})

test('findTop() is the nearest folder upward with a .redo or a .git, else the folder itself', () => {
  mkdirSync(join(top, '.git'))
  expect(findTop(join(top, 'real/deep'))).toBe(top)
  mkdirSync(join(top, 'real/.redo'))
  expect(findTop(join(top, 'real/deep'))).toBe(join(top, 'real'))
  expect(findTop(join(scratch, 'door'))).toBe(top)
})

test('findTop() of no tree is the folder that the targets share with it, if that is of one person alone', () => {
  const shared = join(scratch, 'shared')
  const cwd = join(shared, 'cwd')
  mkdirSync(cwd, { recursive: true })
  mkdirSync(join(shared, 'other/deep'), { recursive: true })
  expect(findTop(cwd)).toBe(cwd)
  expect(findTop(cwd, ['x'])).toBe(cwd)
  expect(findTop(cwd, ['../x'])).toBe(shared)
  expect(findTop(shared, ['cwd/x'])).toBe(shared)
  expect(findTop(cwd, ['../other/x', '../other/deep/x'])).toBe(shared)
  expect(findTop(cwd, ['/x'])).toBe(cwd)

  vi.stubEnv('HOME', shared)
  expect(findTop(cwd, ['../x'])).toBe(cwd)
  vi.unstubAllEnvs()
  chmodSync(shared, 0o1755)
  expect(findTop(cwd, ['../x'])).toBe(cwd)
  chmodSync(shared, 0o755)
  if (process.getuid?.() === 0) {
    chownSync(shared, 1, 0)
    expect(findTop(cwd, ['../x'])).toBe(cwd)
  }
})

test('findTop() of no tree is the tree that all targets lie in', () => {
  const cwd = join(scratch, 'no-tree')
  mkdirSync(cwd)
  mkdirSync(join(scratch, 'tree/.redo'), { recursive: true })
  mkdirSync(join(scratch, 'tree/deep'))
  expect(findTop(cwd, ['../tree/deep/x', '../tree/x'])).toBe(join(scratch, 'tree'))
  expect(findTop(cwd, ['../tree/x', 'x'])).not.toBe(join(scratch, 'tree'))
})
