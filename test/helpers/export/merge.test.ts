import { expect, test } from 'vitest'
import { mergeMembers } from '../../../helpers/export/merge.ts'
import type { Entry } from '../../../helpers/tar/entry.ts'
import type { Member } from '../../../helpers/tar/write.ts'

const dir = (path: string): Entry => ({ kind: 'directory', path })
const file = (path: string): Entry => ({ kind: 'file', path, mode: 0o644, size: 1 })
const link = (path: string, target: string): Entry => ({ kind: 'link', path, mode: 0o644, target })
const symlink = (path: string): Entry => ({ kind: 'symlink', path, target: 'x' })

/** Layers, the highest first; whose each path is, with the kind of what stands there. */
const merged = (layers: Readonly<Record<string, readonly Entry[]>>): readonly string[] =>
  mergeMembers(
    Object.entries(layers).map(([name, entries]) =>
      entries.map((entry): Member => ({ entry, from: `${name}/${entry.path}` })),
    ),
  )
    .flat()
    .map(({ entry, from }) =>
      [String(from), entry.kind, ...(entry.kind === 'link' ? [entry.target] : [])].join(' '),
    )

test('folders are merged, and of two files the upper one is seen', () => {
  expect(merged({ up: [dir('d'), file('d/x')], low: [dir('d'), file('d/x'), file('d/y')] })).toEqual([
    'up/d directory',
    'up/d/x file',
    'low/d/y file',
  ])
})

test('what is no folder hides all below its path, and a folder hides what is none', () => {
  expect(merged({ up: [symlink('d')], low: [dir('d'), file('d/x')] })).toEqual(['up/d symlink'])
  expect(merged({ up: [dir('d'), file('d/x')], low: [file('d')] })).toEqual(['up/d directory', 'up/d/x file'])
})

test('a file between two folders ends the lower one, though the upper one hides it', () => {
  expect(merged({ up: [dir('d'), file('d/x')], middle: [file('d')], low: [dir('d'), file('d/y')] })).toEqual([
    'up/d directory',
    'up/d/x file',
  ])
})

test('a hard link whose first name is hidden is the file, and later ones are links to it', () => {
  expect(
    merged({ up: [file('a')], low: [file('a'), link('b', 'a'), link('c', 'a'), file('d'), link('e', 'd')] }),
  ).toEqual(['up/a file', 'low/b file', 'low/c link b', 'low/d file', 'low/e link d'])
})
