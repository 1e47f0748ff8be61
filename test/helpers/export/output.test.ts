import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { OLD } from '../../../core/part.ts'
import { nameOf } from '../../../core/process-name.ts'
import type { FormFile } from '../../../helpers/export/form.ts'
import { outputFault, writeArchive, writeFolder, writeTarball } from '../../../helpers/export/output.ts'
import { TarRefusal } from '../../../helpers/tar/problem.ts'
import { mayMountDisk, mountDisk } from '../../support/mount.ts'
import { DEAD, partBy, UNSEEN } from '../../support/part.ts'
import { ORDINARY } from '../build/workshop.ts'
import { folder } from '../tar/folder.ts'

/** Removed at the very end, when nothing is mounted there any more. */
const disks: string[] = []
afterAll(() => {
  for (const disk of disks) rmSync(disk, { recursive: true })
})

const file = (path: string, data: Buffer, end: () => void = () => {}): FormFile => ({
  path,
  size: data.length,
  open: async function* () {
    yield data
    end()
  },
})
const layout = (data: string): readonly FormFile[] => [
  file('blobs/sha256/a', Buffer.from(data)),
  file('oci-layout', Buffer.from('{}')),
]
const changed = (): never => {
  throw new TarRefusal({ kind: 'entry', name: 'x', why: 'its file changed meanwhile' })
}
const bad = [...layout('new'), file('x', Buffer.from('x'), changed)]

describe.each([
  ['writeFolder()', writeFolder, (out: string) => readFileSync(join(out, 'blobs/sha256/a'), 'utf8')],
  ['writeArchive()', writeArchive, (out: string) => /old|new/.exec(readFileSync(out, 'latin1'))?.[0]],
])('%s', (_, write, read) => {
  test('takes the place of an earlier one when it is whole, and leaves nothing else', async () => {
    const root = folder()
    const out = join(root, 'below/out')
    expect((await write(out, layout('old'))).ok).toBe(true)
    expect((await write(out, layout('new'))).ok).toBe(true)
    expect(read(out)).toBe('new')
    expect(readdirSync(join(root, 'below'))).toEqual(['out'])
  })

  test('leaves the earlier one where a package changes meanwhile', async () => {
    const root = folder()
    const out = join(root, 'out')
    await write(out, layout('old'))
    expect(await write(out, bad)).toMatchObject({ ok: false, error: { kind: 'entry' } })
    expect(read(out)).toBe('old')
    expect(readdirSync(root)).toEqual(['out'])
  })

  test('removes what an export that was killed left there, and nothing of others', async () => {
    const others = [
      partBy(UNSEEN, 'out'),
      partBy(nameOf(process.ppid), 'out'),
      partBy(DEAD, 'other'),
      '.out.x.part',
    ]
    const root = folder(Object.fromEntries([partBy(DEAD, 'out'), ...others].map(name => [name, 'x'])))
    expect((await write(join(root, 'out'), layout('new'))).ok).toBe(true)
    expect(readdirSync(root).sort()).toEqual([...others, 'out'].sort())
  })

  test('removes what a killed one of its own number left', async () => {
    const root = folder({ [partBy(DEAD, 'out')]: 'x', [`${partBy(DEAD, 'layout')}/a`]: 'x' })
    expect((await write(join(root, 'out'), layout('new'))).ok).toBe(true)
    expect((await writeFolder(join(root, 'layout'), layout('new'))).ok).toBe(true)
    expect(readdirSync(root).sort()).toEqual(['layout', 'out'])
    expect(readdirSync(join(root, 'layout'))).not.toContain('a')
  })

  test.skipIf(!mayMountDisk())('says that the disk is full, and leaves the earlier one', async () => {
    const root = join(mkdtempSync(join(tmpdir(), 'coolports disk-')), 'disk')
    disks.push(join(root, '..'))
    mountDisk(root, 1 << 20)
    const out = join(root, 'out')
    await write(out, layout('old'))
    const large = [...layout('new'), file('large', Buffer.alloc(2 << 20))]
    expect(await write(out, large)).toEqual({ ok: false, error: { kind: 'disk full', folder: root } })
    expect(read(out)).toBe('old')
    expect(readdirSync(root)).toEqual(['out'])
  })
})

test('outputFault() lets nothing but a layout, or an empty folder, be replaced by a folder', () => {
  const root = folder({ 'some/file': 'x', 'layout/oci-layout': '{}', file: 'x' })
  mkdirSync(join(root, 'empty'))
  writeFileSync(join(root, 'layout/more'), 'x')
  for (const name of ['none', 'empty', 'layout'])
    expect(outputFault(join(root, name), 'folder')).toBeUndefined()
  expect(outputFault(join(root, 'some'), 'folder')).toContain('no image layout')
  expect(outputFault(join(root, 'file'), 'folder')).toContain('a file of this name')
  expect(existsSync(join(root, 'some/file'))).toBe(true)
})

test.runIf(process.getuid?.() === 0)('outputFault() looks into no folder that is closed', () => {
  const root = folder({ 'closed/file': '' })
  const closed = join(root, 'closed')
  chmodSync(root, 0o755)
  chmodSync(closed, 0o700)
  process.seteuid?.(ORDINARY)
  try {
    expect(outputFault(closed, 'folder')).toContain('no image layout')
    expect(outputFault(join(closed, 'x'), 'file')).toBeUndefined()
  } finally {
    process.seteuid?.(0)
  }
})

describe.each([
  ['writeArchive()', (out: string) => writeArchive(out, layout('new'))],
  ['writeTarball()', (out: string) => writeTarball(out, [], true)],
])('%s', (_, write) => {
  test('takes the place of no folder, be it empty or a layout', async () => {
    const root = folder({ 'some/file': 'x', 'layout/oci-layout': '{}' })
    mkdirSync(join(root, 'empty'))
    for (const name of ['some', 'layout', 'empty']) {
      expect(await write(join(root, name))).toEqual({
        ok: false,
        error: { kind: 'taken', why: 'there is a folder of this name' },
      })
    }
    expect(readdirSync(root).sort()).toEqual(['empty', 'layout', 'some'])
    expect(readFileSync(join(root, 'some/file'), 'utf8')).toBe('x')
  })

  test('takes the place of no fifo', async () => {
    const root = folder()
    const out = join(root, 'fifo')
    spawnSync('mkfifo', [out])
    expect(await write(out)).toMatchObject({ ok: false, error: { kind: 'taken' } })
    expect(lstatSync(out).isFIFO()).toBe(true)
  })

  test('writes the file to which a symlink leads, and refuses one that leads nowhere', async () => {
    const root = folder({ 'below/file': 'old' })
    const out = join(root, 'link')
    symlinkSync('below/file', out)
    expect((await write(out)).ok).toBe(true)
    expect(readlinkSync(out)).toBe('below/file')
    expect(readFileSync(join(root, 'below/file'), 'latin1')).not.toBe('old')
    symlinkSync('none', join(root, 'astray'))
    expect(await write(join(root, 'astray'))).toMatchObject({ ok: false, error: { kind: 'taken' } })
    expect(readdirSync(root).sort()).toEqual(['astray', 'below', 'link'])
  })

  test('says so where no folder can be made, and does not try for ever', async () => {
    expect(await write('/proc/none/x.tar')).toEqual({
      ok: false,
      error: { kind: 'system', why: 'there is no such folder', path: '/proc/none' },
    })
    const root = folder({ file: '' })
    expect(await write(join(root, 'file/below/x.tar'))).toMatchObject({
      error: { why: 'there is a file where a folder has to be' },
    })
    expect(await write(join(root, `${'x'.repeat(252)}.tar`))).toMatchObject({
      error: { why: 'the name is too long' },
    })
  })
})

test('an archive of a file of many pieces says nothing of itself', async () => {
  const warned: Error[] = []
  const listen = (warning: Error) => warned.push(warning)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  const pieces: FormFile = {
    path: 'x',
    size: 40 * 65536,
    open: async function* () {
      for (let piece = 0; piece < 40; piece++) yield Buffer.alloc(65536)
    },
  }
  expect((await writeArchive(join(folder(), 'out.tar'), [pieces])).ok).toBe(true)
  await new Promise(resolve => setImmediate(resolve))
  expect(warned).toEqual([])
})

describe('writeFolder()', () => {
  test('puts the earlier layout back where the new one cannot take its place', async () => {
    const root = folder()
    const out = join(root, 'out')
    await writeFolder(out, layout('old'))
    const lose = (): void => {
      for (const name of readdirSync(root)) if (name !== 'out') rmSync(join(root, name), { recursive: true })
    }
    expect(await writeFolder(out, [...layout('new'), file('x', Buffer.from('x'), lose)])).toMatchObject({
      ok: false,
      error: { kind: 'system', why: 'there is no such folder', path: out },
    })
    expect(readFileSync(join(out, 'blobs/sha256/a'), 'utf8')).toBe('old')
    expect(readdirSync(root)).toEqual(['out'])
  })

  test('puts it back, too, where the one that had set it aside was killed just then', async () => {
    const old = partBy(DEAD, 'out') + OLD
    const root = folder({ [`${old}/oci-layout`]: '{}' })
    const out = join(root, 'out')
    expect(await writeFolder(out, bad)).toMatchObject({ ok: false })
    expect(readdirSync(root)).toEqual(['out'])
    mkdirSync(join(root, old))
    expect((await writeFolder(out, layout('new'))).ok).toBe(true)
    expect(readFileSync(join(out, 'blobs/sha256/a'), 'utf8')).toBe('new')
    expect(readdirSync(root)).toEqual(['out'])
  })
})

test('writeFolder() takes the place of the layout to which a symlink leads', async () => {
  const root = folder({ 'below/layout/oci-layout': '{}' })
  const out = join(root, 'link')
  symlinkSync('below/layout', out)
  expect((await writeFolder(out, layout('new'))).ok).toBe(true)
  expect(readlinkSync(out)).toBe('below/layout')
  expect(readFileSync(join(root, 'below/layout/blobs/sha256/a'), 'utf8')).toBe('new')
  expect(readdirSync(join(root, 'below'))).toEqual(['layout'])
})
