import { describe, expect, test } from 'vitest'
import { clashes, type Owner, settle } from '../../../helpers/export/clash.ts'

const owner = (name: string, paths: Readonly<Record<string, string>>): Owner => ({
  name,
  paths: new Map(Object.entries(paths)),
})
const A = owner('a', { bin: 'directory', 'bin/x': 'file 755 1', 'bin/y': 'file 755 2' })
const B = owner('b', { bin: 'directory', 'bin/x': 'file 755 3', 'bin/z': 'symlink x' })

describe('clashes()', () => {
  test('are paths at which packages differ, and folders are none', () => {
    expect(clashes([A, B])).toEqual([{ path: 'bin/x', owners: ['a', 'b'] }])
  })

  test('are none where the same file, or the same link, stands in both', () => {
    expect(clashes([A, owner('c', { 'bin/x': 'file 755 1' })])).toEqual([])
    expect(clashes([B, owner('c', { 'bin/z': 'symlink x' })])).toEqual([])
  })

  test('are modes and targets that differ', () => {
    expect(clashes([A, owner('c', { 'bin/x': 'file 644 1' })]).length).toBe(1)
    expect(clashes([B, owner('c', { 'bin/z': 'symlink y' })]).length).toBe(1)
  })

  test('are a file where another has a folder, even one that its archive does not list', () => {
    const file = owner('c', { bin: 'file 644 1' })
    expect(clashes([owner('d', { 'bin/x/y': 'file 644 1' }), file])).toEqual([
      { path: 'bin', owners: ['d', 'c'] },
    ])
  })
})

describe('clashes() below a path at which packages differ', () => {
  const file = owner('file', { lib: 'file 644 0' })
  const [one, two] = [owner('one', { 'lib/x/y': 'file 644 1' }), owner('two', { 'lib/x/y': 'file 644 2' })]

  test('are of those alone that are seen there', () => {
    expect(clashes([file, one, two]).map(({ path }) => path)).toEqual(['lib'])
    expect(clashes([one, file, two]).map(({ path }) => path)).toEqual(['lib'])
    expect(clashes([one, two, file])).toEqual([
      { path: 'lib', owners: ['one', 'two', 'file'] },
      { path: 'lib/x/y', owners: ['one', 'two'] },
    ])
  })

  test('need no choice where what somebody prefers hides them', () => {
    expect(settle([one, two, file], { order: false, prefer: ['file'] }).open).toEqual([])
  })
})

describe('settle()', () => {
  const by = (order: boolean, ...prefer: readonly string[]) => {
    const { owners, open } = settle([A, B, owner('c', { 'bin/z': 'symlink y' })], { order, prefer })
    return { owners: owners.map(({ name }) => name).join(), open: open.map(({ path }) => path).join() }
  }

  test('leaves all open without a choice', () => {
    expect(by(false)).toEqual({ owners: 'a,b,c', open: 'bin/x,bin/z' })
  })

  test('leaves open what the preferred ones have no part in', () => {
    expect(by(false, 'b')).toEqual({ owners: 'b,a,c', open: '' })
    expect(by(false, 'a')).toEqual({ owners: 'a,b,c', open: 'bin/z' })
    expect(by(false, 'c')).toEqual({ owners: 'c,a,b', open: 'bin/x' })
    expect(by(false, 'c', 'b')).toEqual({ owners: 'c,b,a', open: '' })
  })

  test('takes the order for the choice where it is told to', () => {
    expect(by(true)).toEqual({ owners: 'a,b,c', open: '' })
  })
})
