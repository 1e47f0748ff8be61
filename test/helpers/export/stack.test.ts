import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import type { Contents } from '../../../helpers/export/contents.ts'
import { stackLayers } from '../../../helpers/export/stack.ts'

/** A package of that many bytes. Of all that is told of one, no more counts than this. */
function one(
  name: string,
  tarBytes: number,
  needs: readonly string[] = [],
  paths: Readonly<Record<string, string>> = { [name]: 'file 644 1' },
): Contents {
  const hash = sha256(name)
  const member = { version: '1-1', pkghash: hash, tar: hash, file: name, needs, setuid: [], asked: true }
  return {
    member: { ...member, name: name as PackageName },
    tarBytes,
    // As if what is large were compressed best.
    fileBytes: 1000 - tarBytes,
    fileSha256: hash,
    paths: new Map(Object.entries(paths)),
  }
}

/** The names, the first one on top: what is merged, then the others. */
function stacked(contents: readonly Contents[], room: number): readonly (readonly string[])[] {
  const { merged, alone } = stackLayers(contents, room)
  return [merged, alone].map(list => list.map(({ member }) => member.name))
}

const TOOL = one('tool', 30, ['lib', 'shell'])
const SHELL = one('shell', 20, ['libc'])
const LIB = one('lib', 40, ['libc'])
const LIBC = one('libc', 50)
const DATA = one('data', 30)
const ALL = [TOOL, LIB, LIBC, SHELL, DATA]

test('while there is a layer for each, packages lie as they come', () => {
  for (const room of [5, 6, 100])
    expect(stacked(ALL, room)).toEqual([[], ['tool', 'lib', 'libc', 'shell', 'data']])
})

test('the largest stay alone, what most need lowest, and in whatever order they come the same', () => {
  for (const all of [ALL, [...ALL].reverse(), [DATA, LIBC, TOOL, SHELL, LIB]]) {
    expect(stacked(all, 4)).toEqual([
      ['shell', 'tool'],
      ['data', 'lib', 'libc'],
    ])
    expect(stacked(all, 1)).toEqual([['data', 'lib', 'libc', 'shell', 'tool'], []])
  }
})

test('packages that need each other in a circle lie somewhere', () => {
  const circle = [one('a', 3, ['b']), one('b', 2, ['a']), one('c', 1)]
  expect(stacked(circle, 2)).toEqual([['b', 'c'], ['a']])
})

test('packages that differ at a path are merged in their order, however large, and those that they hide', () => {
  const folder = one('folder', 900, [], { d: 'directory', 'd/x': 'file 644 1' })
  const file = one('file', 800, [], { d: 'file 644 1' })
  const below = one('below', 700, [], { 'd/y': 'file 644 1' })
  expect(stacked([TOOL, folder, LIB, file, SHELL, below, LIBC], 3)).toEqual([
    ['folder', 'file', 'below', 'shell', 'tool'],
    ['lib', 'libc'],
  ])
  expect(stacked([below, TOOL, file, folder], 3)).toEqual([['below', 'file', 'folder'], ['tool']])
})
