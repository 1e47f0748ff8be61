import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { FormFile } from '../../../helpers/export/form.ts'
import { folderFault, writeArchive, writeFolder } from '../../../helpers/export/output.ts'
import { TarRefusal } from '../../../helpers/tar/problem.ts'
import { mayMountDisk, mountDisk } from '../../support/mount.ts'
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
    const root = folder({ '.out.99999999.part': 'x', '.out.x.part': 'x', [`.out.${process.ppid}.part`]: 'x' })
    expect((await write(join(root, 'out'), layout('new'))).ok).toBe(true)
    expect(readdirSync(root).sort()).toEqual([`.out.${process.ppid}.part`, '.out.x.part', 'out'].sort())
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

test('folderFault() lets nothing but a layout, or an empty folder, be replaced', () => {
  const root = folder({ 'some/file': 'x', 'layout/oci-layout': '{}', file: 'x' })
  mkdirSync(join(root, 'empty'))
  writeFileSync(join(root, 'layout/more'), 'x')
  for (const name of ['none', 'empty', 'layout']) expect(folderFault(join(root, name))).toBeUndefined()
  expect(folderFault(join(root, 'some'))).toContain('no image layout')
  expect(folderFault(join(root, 'file'))).toContain('a file of this name')
  expect(existsSync(join(root, 'some/file'))).toBe(true)
})
