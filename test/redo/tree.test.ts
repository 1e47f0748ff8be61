import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findTop, Tree } from '../../redo/tree.ts'

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'redo-tree-')))
const top = join(scratch, 'top')
mkdirSync(join(top, 'real/deep'), { recursive: true })
mkdirSync(join(scratch, 'outside'))
symlinkSync('real', join(top, 'link'))
symlinkSync(join(top, 'link/deep'), join(top, 'far'))
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
  for (const path of ['real/x', 'far/x', '../door/real/x']) tree.name(top, path)
  expect(tree.linksTo(top, ['real/x', '../door/real/x'])).toEqual([])
  expect(tree.linksTo(top, ['far/x'])).toEqual(['far', 'link'])
})

test('findTop() is the nearest folder upward with a .redo or a .git, else the folder itself', () => {
  mkdirSync(join(top, '.git'))
  expect(findTop(join(top, 'real/deep'))).toBe(top)
  mkdirSync(join(top, 'real/.redo'))
  expect(findTop(join(top, 'real/deep'))).toBe(join(top, 'real'))
  expect(findTop(join(scratch, 'door'))).toBe(top)
})
