import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { isLeft, leftParts, OLD, parsePart, partOf, sweepParts } from '../../core/part.ts'
import { formatProcess, nameOf } from '../../core/process-name.ts'
import { folder } from '../helpers/tar/folder.ts'
import { DEAD, partBy, UNSEEN } from '../support/part.ts'

afterEach(() => {
  vi.useRealTimers()
})

const me = nameOf(process.pid)
/** In decimal digits an id has 7 at most, a start 20, a namespace 10. */
const LONGEST = formatProcess({ pid: 4194304, start: '9'.repeat(20), space: '9'.repeat(10) })

/** The same boot of another machine, such as a virtual one that shares the folder. */
const farAway = (part: string): string => part.replace(/\.[0-9a-f]{8}(?=\.[0-9a-f]+\.part)/, '.00000000')

test('partOf() makes a new name each time, beside the other, that says of what and by whom', () => {
  const [one, two] = [partOf('/some/a file'), partOf('/some/a file')]
  expect(one).not.toBe(two)
  expect(one).toMatch(/^\/some\/\.a file\./)
  expect(parsePart(basename(one))).toEqual({ of: 'a file', pid: process.pid, isRunning: true })
  expect(parsePart(basename(partBy(DEAD, 'x')))).toEqual({ of: 'x', pid: process.pid, isRunning: false })
  for (const unseen of [partBy(UNSEEN, 'x'), farAway(partBy(DEAD, 'x'))])
    expect(parsePart(basename(unseen))).toEqual({ of: 'x', pid: process.pid, isRunning: undefined })
  expect(parsePart(partOf('.a.1.1.1.b\n'))?.of).toBe('.a.1.1.1.b\n')
})

test.each(['n'.repeat(255), 'é'.repeat(127), 'x€'.repeat(63)])(
  'a name as long as can be has parts: %s',
  name => {
    const root = folder({ [name]: '' })
    const part = partBy(DEAD, join(root, name))
    writeFileSync(part + OLD, '')
    expect(Buffer.byteLength(basename(partOf(name).replace(formatProcess(me), LONGEST)))).toBeLessThan(252)
    expect(name.startsWith(parsePart(basename(part))?.of ?? '-')).toBe(true)
    expect(leftParts(root, name)).toEqual([part + OLD])
  },
)

test('partOf() makes another name in a process that takes itself for this one', async () => {
  const names: string[] = []
  // A container may see the processes of another one in /proc: then all that two know of themselves is the same.
  for (const _ of [1, 2]) {
    vi.resetModules()
    names.push((await import('../../core/part.ts')).partOf('x'))
  }
  expect(new Set(names).size).toBe(2)
  expect(new Set(names.map(name => name.replace(/[^.]+\.part$/, ''))).size).toBe(1)
})

test.each([
  'x',
  '.x',
  '.x.1.part',
  '.x.1.1.1.part',
  'x.1.1.1.00000000.1.part',
  '.x.1.1.1.00000000.1.part.new',
])('parsePart() takes %s for no part', name => expect(parsePart(name)).toBeUndefined())

test('a part is left when its process has ended, or is not seen and has changed nothing for ten minutes', () => {
  const root = folder()
  const parts = [DEAD, UNSEEN, nameOf(process.pid), nameOf(process.ppid)].map(one =>
    partBy(one, join(root, 'x')),
  )
  const [dead = '', unseen = '', mine = ''] = parts
  const far = farAway(partBy(DEAD, join(root, 'x')))
  for (const path of [...parts, far, join(root, 'x')]) writeFileSync(path, '')
  expect(leftParts(root)).toEqual([dead])
  expect([isLeft(dead), isLeft(mine), isLeft(join(root, 'x'))]).toEqual([true, false, false])
  vi.useFakeTimers({ now: Date.now() + 11 * 60 * 1000, toFake: ['Date'] })
  expect([...leftParts(root)].sort()).toEqual([dead, unseen, far].sort())
})

test('a part whose content has an old time is young all the same', () => {
  const unseen = partBy(UNSEEN, join(folder(), 'x'))
  writeFileSync(unseen, '')
  utimesSync(unseen, 1, 1)
  expect(isLeft(unseen)).toBe(false)
})

const HASH = 'ab'.repeat(32)

test.each([
  ['trees', `.${HASH}.0123abcd.17`, HASH],
  ['trees', `.${HASH}.17`, HASH],
  ['skeletons', `${HASH}.17`, HASH],
  ['distfiles', `${HASH}.17.part`, HASH],
  ['packages', `${HASH}.tar.gz.17.part`, HASH],
  ['incoming', `${HASH}.17.0123abcd`, HASH],
  ['distfiles/.partial', `${HASH}.17.4711.1`, HASH],
  ['trees', '.gone.17.4711.4026531836.1', 'gone'],
  ['pkg/NAME', '.build.17', 'build'],
  ['.venv', '.new-17', 'new'],
  ['.venv', 'current.17', 'current'],
])('what an earlier coolports began in %s as %s is left after ten minutes', (_, name, of) => {
  const root = folder({
    [`${name}/x`]: '',
    [HASH]: '',
    [`${HASH}.tar.gz`]: '',
    '.build.failed': '',
    current: '',
  })
  expect(leftParts(root)).toEqual([])
  vi.useFakeTimers({ now: Date.now() + 11 * 60 * 1000, toFake: ['Date'] })
  expect(leftParts(root)).toEqual([join(root, name)])
  expect(leftParts(root, of)).toEqual([join(root, name)])
})

test('sweepParts() removes what is left, of one name if that is given, with what it was to replace', () => {
  const root = folder()
  const [one, two] = ['one', 'two'].map(name => partBy(DEAD, join(root, name))) as [string, string]
  for (const path of [one, one + OLD, two]) mkdirSync(join(path, 'below'), { recursive: true })
  sweepParts(root, 'one')
  expect(readdirSync(root)).toEqual([basename(two)])
  sweepParts(root)
  expect(readdirSync(root)).toEqual([])
  rmSync(root, { recursive: true })
  sweepParts(root)
})
