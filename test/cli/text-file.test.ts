import { spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { writeText } from '../../cli/text-file.ts'
import { partOf } from '../../core/part.ts'
import { folder } from '../helpers/tar/folder.ts'

vi.mock(import('../../core/part.ts'), async original => {
  const part = await original()
  return { ...part, partOf: vi.fn(part.partOf) }
})

const why = (one: string): object => ({ ok: false, error: { status: 2, messages: [{ why: one }] } })

test('writeText() takes the place of a file, and of that to which a symlink leads', () => {
  const root = folder({ file: 'old', 'below/file': 'old' })
  expect(writeText(join(root, 'file'), 'new').ok).toBe(true)
  symlinkSync('below/file', join(root, 'link'))
  expect(writeText(join(root, 'link'), 'new').ok).toBe(true)
  for (const name of ['file', 'below/file']) expect(readFileSync(join(root, name), 'utf8')).toBe('new')
  expect(readlinkSync(join(root, 'link'))).toBe('below/file')
  expect(readdirSync(join(root, 'below'))).toEqual(['file'])
})

test('writeText() writes into a fifo, which stays one', async () => {
  const out = join(folder(), 'fifo')
  spawnSync('mkfifo', [out])
  const reader = spawn('cat', [out])
  const read = text(reader.stdout)
  expect(writeText(out, 'new').ok).toBe(true)
  expect(await read).toBe('new')
  expect(lstatSync(out).isFIFO()).toBe(true)
})

test('writeText() writes on where stdout stands, by whatever name of it', () => {
  const root = folder()
  const out = join(root, 'out')
  const fd = openSync(out, 'w')
  try {
    writeSync(fd, 'one\n')
    expect(writeText(`/dev/fd/${fd}`, 'two\n').ok).toBe(true)
    writeSync(fd, 'three\n')
    symlinkSync(`/dev/fd/${fd}`, join(root, 'link'))
    expect(writeText(join(root, 'link'), 'four\n').ok).toBe(true)
  } finally {
    closeSync(fd)
  }
  expect(readFileSync(out, 'utf8')).toBe('one\ntwo\nthree\nfour\n')
  expect(readdirSync(root)).toEqual(['link', 'out'])
})

test('writeText() takes no file away from another process that has it open', () => {
  const root = folder()
  const out = join(root, 'out')
  const fd = openSync(out, 'w')
  const child = spawn('sleep', ['1000'], { stdio: ['ignore', fd, 'ignore'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
    closeSync(fd)
  })
  expect(writeText(`/proc/${child.pid}/fd/1`, 'one\n').ok).toBe(true)
  writeSync(fd, 'ONE', 0)
  expect(readFileSync(out, 'utf8')).toBe('ONE\n')
})

test('writeText() refuses a folder, and a symlink that leads nowhere, or to itself', () => {
  const root = folder()
  symlinkSync('loop', join(root, 'loop'))
  expect(writeText(join(root, 'loop'), 'new')).toMatchObject(
    why('there is a symlink of this name, and it leads nowhere'),
  )
  mkdirSync(join(root, 'some'))
  symlinkSync('none', join(root, 'astray'))
  expect(writeText(join(root, 'some'), 'new')).toMatchObject(why('there is a folder of this name'))
  expect(writeText(join(root, 'astray'), 'new')).toMatchObject(
    why('there is a symlink of this name, and it leads nowhere'),
  )
  expect(writeText(join(root, 'none/file'), 'new')).toMatchObject(why('there is no such folder'))
  expect(readdirSync(root).sort()).toEqual(['astray', 'loop', 'some'])
})

test('writeText() follows no symlink that stands where it puts the new file together', () => {
  const root = folder({ host: 'mine' })
  const part = partOf(join(root, 'out'))
  symlinkSync('host', part)
  vi.mocked(partOf).mockReturnValueOnce(part)
  expect(writeText(join(root, 'out'), 'new').ok).toBe(false)
  expect(readFileSync(join(root, 'host'), 'utf8')).toBe('mine')
  expect(writeText(join(root, 'out'), 'new').ok).toBe(true)
  expect(readdirSync(root).sort()).toEqual(['host', 'out'])
})
