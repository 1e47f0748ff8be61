import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { PACKAGE_TIME } from '../../../helpers/tar/entry.ts'
import { PENDING_IDENTITY } from '../../../helpers/tar/identity.ts'
import { entryCheck, inspectTar } from '../../../helpers/tar/inspect.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { type UnpackOptions, unpackPackage, unpackTar } from '../../../helpers/tar/unpack.ts'
import { folder } from './folder.ts'

type Header = Parameters<ReturnType<typeof pack>['entry']>[0]

/** A tar of these entries, made by hand so that it may hold anything. */
async function tar(...entries: readonly (Header & { readonly data?: string })[]): Promise<Buffer> {
  const archive = pack()
  for (const { data, ...header } of entries) {
    if (data === undefined) archive.entry(header)
    else archive.entry(header, data)
  }
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function* inChunks(bytes: Buffer, size = 65536): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

/** Unpacks into a folder inside of another one, so that an escape is seen. */
async function unpacked(bytes: Buffer, options: UnpackOptions = {}) {
  const outside = folder({ 'secret/x': 'secret' })
  const into = join(outside, 'into')
  mkdirSync(into)
  const result = await unpackTar(inChunks(bytes), into, options)
  return { result, into, outside }
}

const file = (name: string, more: Partial<Header> = {}): Header & { data: string } => ({
  name,
  data: 'data',
  ...more,
})

const TOO_LONG = 'its name, or the path to it where it is unpacked, is longer than the file system takes'

describe('unpackTar() refuses', () => {
  test.each<[string, readonly (Header & { data?: string })[], string]>([
    ['..', [file('../x')], 'its name leads outside by ".."'],
    ['.. in the middle', [file('a/../../x')], 'its name leads outside by ".."'],
    ['.. at the end', [{ name: 'a/..', type: 'directory' }], 'its name leads outside by ".."'],
    ['.. behind ./', [file('./../x')], 'its name leads outside by ".."'],
    ['an absolute name', [file('/etc/x')], 'its name is absolute'],
    ['an empty component', [file('a//x')], 'its name holds an empty or "." component'],
    ['a component "."', [file('a/./x')], 'its name holds an empty or "." component'],
    ['a component "." at the end', [file('a/.')], 'its name holds an empty or "." component'],
    ['a name that no file system takes', [file('x'.repeat(256))], TOO_LONG],
    ['a path that no system opens', [file(`${'a/'.repeat(2047)}b`)], TOO_LONG],
    ['a target that none takes', [{ name: 'l', type: 'symlink', linkname: 'x'.repeat(4096) }], TOO_LONG],
    ['a newline', [file('a\nb')], 'its name or target holds a control character'],
    [
      'a NUL, by a pax header',
      [file('a', { pax: { path: 'a\0b' } })],
      'its name or target holds a control character',
    ],
    ['an escape sequence', [file('\x1b[2J')], 'its name or target holds a control character'],
    ['a delete character', [file('a\x7f')], 'its name or target holds a control character'],
    ['a name twice', [file('a'), file('a')], 'it comes twice'],
    ['a name twice, spelt otherwise', [file('a'), file('./a')], 'it comes twice'],
    [
      'a folder twice',
      [
        { name: 'a', type: 'directory' },
        { name: 'a/', type: 'directory' },
      ],
      'it comes twice',
    ],
    ['a file in place of a folder', [file('a/b'), file('a')], 'it comes twice'],
    ['a folder in place of a file', [file('a'), file('a/b')], 'its folder "a" is a file'],
    ['a file for the root', [file('.')], 'it stands for the root of the archive'],
    [
      'a symlink that climbs out',
      [{ name: 'a/l', type: 'symlink', linkname: '../../x' }],
      'it is a symlink that leads outside, to "../../x"',
    ],
    [
      'a symlink that climbs out, to a name that turns letters round',
      [{ name: 'a/l', type: 'symlink', linkname: '../../\u202ex' }],
      'it is a symlink that leads outside, to "../../\\u202ex"',
    ],
    [
      'a symlink that climbs out and back',
      [{ name: 'l', type: 'symlink', linkname: 'a/../../l' }],
      'it is a symlink that leads outside, to "a/../../l"',
    ],
    [
      'a symlink to nowhere',
      [{ name: 'l', type: 'symlink', linkname: '', pax: {} }],
      'it is a symlink without a target',
    ],
    [
      'a write through a symlink',
      [{ name: 'l', type: 'symlink', linkname: '/nowhere' }, file('l/x')],
      'its folder "l" is a symlink',
    ],
    [
      'a write through a deep symlink',
      [{ name: 'l', type: 'symlink', linkname: 'd' }, file('l/x/y/z')],
      'its folder "l" is a symlink',
    ],
    [
      'a folder in place of a symlink',
      [
        { name: 'l', type: 'symlink', linkname: '/nowhere' },
        { name: 'l', type: 'directory' },
      ],
      'it comes twice',
    ],
    [
      'a hard link to the outside',
      [{ name: 'h', type: 'link', linkname: '../secret/x' }],
      'the target of this hard link is refused: its name leads outside by ".."',
    ],
    [
      'a hard link to an absolute name',
      [{ name: 'h', type: 'link', linkname: '/etc/passwd' }],
      'the target of this hard link is refused: its name is absolute',
    ],
    [
      'a hard link to a symlink',
      [
        { name: 'l', type: 'symlink', linkname: '/etc/passwd' },
        { name: 'h', type: 'link', linkname: 'l' },
      ],
      'it is a hard link to what is not an earlier file of the archive',
    ],
    [
      'a hard link through a symlink',
      [
        { name: 'l', type: 'symlink', linkname: '/etc' },
        { name: 'h', type: 'link', linkname: 'l/passwd' },
      ],
      'it is a hard link to what is not an earlier file of the archive',
    ],
    [
      'a hard link to what comes later',
      [{ name: 'h', type: 'link', linkname: 'a' }, file('a')],
      'it is a hard link to what is not an earlier file of the archive',
    ],
    [
      'a hard link to a folder',
      [
        { name: 'd', type: 'directory' },
        { name: 'h', type: 'link', linkname: 'd' },
      ],
      'it is a hard link to what is not an earlier file of the archive',
    ],
    [
      'a character device',
      [{ name: 'd', type: 'character-device', devmajor: 1, devminor: 3 }],
      'it is a character-device',
    ],
    ['a block device', [{ name: 'd', type: 'block-device' }], 'it is a block-device'],
    ['a fifo', [{ name: 'd', type: 'fifo' }], 'it is a fifo'],
  ])('%s', async (_, entries, why) => {
    const { result, outside } = await unpacked(await tar(...entries))
    expect(result).toEqual({ ok: false, error: { kind: 'entry', name: expect.any(String), why } })
    expect(readdirSync(outside).sort()).toEqual(['into', 'secret'])
  })

  test('a name that is not UTF-8', async () => {
    const bytes = await tar(file('name'))
    bytes.write('\xff\xfe', 0, 'latin1')
    fixChecksum(bytes)
    expect((await unpacked(bytes)).result).toMatchObject({
      ok: false,
      error: { why: 'its name or target is not valid UTF-8' },
    })
  })

  test('a kind of entry that it does not know', async () => {
    const bytes = await tar(file('sparse'))
    bytes.write('S', 156, 'latin1')
    fixChecksum(bytes)
    expect((await unpacked(bytes)).result).toMatchObject({
      ok: false,
      error: { why: 'it is of an unknown type' },
    })
  })

  test('an archive that grows beyond its bounds, before it has', async () => {
    const many = await tar(...Array.from({ length: 20 }, (_, index) => file(`f${index}`)))
    expect((await unpacked(many, { maxEntries: 10 })).result).toMatchObject({
      ok: false,
      error: { kind: 'too large', what: 'entries' },
    })
    expect((await unpacked(many, { maxBytes: 50 })).result).toMatchObject({
      ok: false,
      error: { kind: 'too large', what: 'bytes' },
    })
    const claims = await tar(file('x'))
    claims.write('77777777777\0', 124, 'latin1')
    fixChecksum(claims)
    expect((await unpacked(claims, { maxBytes: 1e6 })).result).toMatchObject({
      ok: false,
      error: { kind: 'too large', what: 'bytes' },
    })
  })

  test('an archive that ends too soon, or is none', async () => {
    const whole = await tar(file('a', { data: 'x'.repeat(5000) } as Partial<Header>))
    expect((await unpacked(whole.subarray(0, 3000))).result).toMatchObject({
      ok: false,
      error: { kind: 'damaged' },
    })
    expect((await unpacked(Buffer.alloc(2048, 'text'))).result).toMatchObject({
      ok: false,
      error: { kind: 'damaged' },
    })
    const bent = Buffer.from(whole)
    bent.write('b', 0, 'latin1')
    expect((await unpacked(bent)).result).toMatchObject({ ok: false, error: { kind: 'damaged' } })
  })
})

describe('unpackTar() accepts', () => {
  test('the root more than once, as who only looks does', async () => {
    const root = { name: './', type: 'directory' } as const
    const bytes = await tar(root, file('./a'), root, file('./b'))
    expect((await unpacked(bytes)).result).toEqual({ ok: true, value: undefined })
    expect(await inspectTar(inChunks(bytes), { check: entryCheck() })).toEqual({ ok: true, value: undefined })
  })

  test('what tar -C folder . writes, folders left out, absolute symlinks, links between files', async () => {
    const { result, into } = await unpacked(
      await tar(
        { name: './', type: 'directory' },
        { name: './bin/', type: 'directory' },
        file('./bin/a', { mode: 0o777 }),
        file('deep/er/b', { mode: 0o4666 }),
        file('bin/su', { mode: 0o6777 }),
        { name: 'deep', type: 'directory' },
        file('bin/others', { mode: 0o645 }),
        { name: 'bin/h', type: 'link', linkname: './bin/a' },
        { name: 'bin/h2', type: 'link', linkname: 'bin/h' },
        { name: 'l', type: 'symlink', linkname: '/lib/ld.so' },
        { name: 'deep/up', type: 'symlink', linkname: '../bin/a' },
      ),
    )
    expect(result).toEqual({ ok: true, value: undefined })
    expect(readFileSync(join(into, 'bin/h'), 'utf8')).toBe('data')
    for (const path of ['bin/a', 'bin/h2', 'bin/su', 'bin/others'])
      expect(lstatSync(join(into, path)).mode & 0o7777).toBe(0o755)
    expect(lstatSync(join(into, 'deep/er/b')).mode & 0o7777).toBe(0o644)
  })

  test('folders from before POSIX, which are known by their slash', async () => {
    const bytes = await tar({ ...file('d/'), data: '' }, { ...file('d/e/'), data: '' }, file('d/f'))
    const { result, into } = await unpacked(bytes)
    expect(result).toEqual({ ok: true, value: undefined })
    expect(lstatSync(join(into, 'd/e')).isDirectory()).toBe(true)
    expect(readFileSync(join(into, 'd/f'), 'utf8')).toBe('data')
  })

  test('archives that leave out folders, which are as all folders of a package are', async () => {
    const before = process.umask(0o077)
    try {
      const { result, into } = await unpacked(await tar(file('deep/er/b')))
      expect(result.ok).toBe(true)
      for (const path of ['deep', 'deep/er']) {
        const { mode, mtimeMs } = lstatSync(join(into, path))
        expect([path, mode & 0o7777, mtimeMs]).toEqual([path, 0o755, PACKAGE_TIME * 1000])
      }
    } finally {
      process.umask(before)
    }
  })

  test('chunks of any size', async () => {
    const bytes = await tar(file('a', { data: 'x'.repeat(3000) } as Partial<Header>), file('b'))
    const into = folder()
    expect(await unpackTar(inChunks(bytes, 7), into)).toMatchObject({ ok: true })
    expect(readFileSync(join(into, 'a'), 'utf8')).toBe('x'.repeat(3000))
  })
})

describe('unpackPackage() refuses', () => {
  const write = (bytes: Buffer): string => {
    const path = join(folder(), 'pkg.tar.gz')
    writeFileSync(path, bytes)
    return path
  }

  test('a gzip file without an identity', async () => {
    expect(await unpackPackage(write(gzipSync(await tar(file('a')))), folder())).toEqual({
      ok: false,
      error: { kind: 'unidentified' },
    })
  })

  test('a tar that is not the one it names, and says both digests', async () => {
    const path = join(folder(), 'pkg.tar.gz')
    const packed = await packTree(folder({ a: 'a' }), path)
    const bytes = readFileSync(path)
    bytes.write('0', 21, 'latin1')
    bytes.write('1', 22, 'latin1')
    const got = packed.ok ? packed.value.digest : ''
    expect(await unpackPackage(write(bytes), folder())).toEqual({
      ok: false,
      error: { kind: 'digest', want: `01${got.slice(2)}`, got },
    })
  })

  test('a file that was cut off or changed', async () => {
    const path = join(folder(), 'pkg.tar.gz')
    const data = createHash('sha512').update('seed').digest('hex').repeat(30_000)
    await packTree(folder({ a: data, b: data }), path)
    const bytes = readFileSync(path)
    for (const cut of [bytes.length - 1, bytes.length - 600, bytes.length >> 1, 100]) {
      expect(await unpackPackage(write(bytes.subarray(0, cut)), folder())).toMatchObject({ ok: false })
    }
    const bent = Buffer.from(bytes)
    bent.writeUInt8((bent.readUInt8(bent.length >> 1) + 1) & 0xff, bent.length >> 1)
    expect(await unpackPackage(write(bent), folder())).toMatchObject({ ok: false })
  })

  test('a package of which only the placeholder of an identity was written', async () => {
    const path = join(folder(), 'pkg.tar.gz')
    await packTree(folder({ a: 'a' }), path)
    const bytes = readFileSync(path)
    bytes.write(PENDING_IDENTITY, 10, 'latin1')
    expect(await unpackPackage(write(bytes), folder())).toMatchObject({
      ok: false,
      error: { kind: 'digest' },
    })
  })
})

test('a full folder is no place to unpack into: what is there is not replaced', async () => {
  const into = folder({ a: 'mine' })
  symlinkSync('/tmp', join(into, 'l'))
  await expect(unpackTar(inChunks(await tar(file('a'))), into)).rejects.toMatchObject({ code: 'EEXIST' })
  expect(readFileSync(join(into, 'a'), 'utf8')).toBe('mine')
})

/** Sums a header up again after it was bent. */
function fixChecksum(header: Buffer): void {
  header.write('        ', 148, 'latin1')
  let sum = 0
  for (const byte of header.subarray(0, 512)) sum += byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}
