import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { readIdentity } from '../../../helpers/tar/identity.ts'
import { type ListOptions, listTree } from '../../../helpers/tar/list.ts'
import { type Packed, packMembers, packTree } from '../../../helpers/tar/pack.ts'
import { unpackPackage } from '../../../helpers/tar/unpack.ts'
import { writeMembers } from '../../../helpers/tar/write.ts'
import { folder } from './folder.ts'

async function packed(
  root: string,
  options: ListOptions = {},
): Promise<{ file: string; result: Packed; bytes: Buffer; tar: Buffer }> {
  const file = join(folder(), 'pkg.tar.gz')
  const result = await packTree(root, file, options)
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  const bytes = readFileSync(file)
  return { file, result: result.value, bytes, tar: gunzipSync(bytes) }
}

/** What GNU tar makes of a package. */
const listed = (file: string): string =>
  execFileSync('tar', ['--utc', '--full-time', '-tvf', file], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  })

test('GNU tar reads a package: sorted by code unit, owned by 0:0, at one time, with plain modes', async () => {
  const root = folder({ 'b/x': 'x', 'b-c': 'data', a: '', 'b/Z': 'zz', é: 'latin' })
  chmodSync(join(root, 'a'), 0o4711)
  chmodSync(join(root, 'b'), 0o2770)
  chmodSync(join(root, 'b/x'), 0o600)
  symlinkSync('../a', join(root, 'b/link'))
  symlinkSync('/lib/x', join(root, 'absolute'))
  const { file } = await packed(root)
  expect(listed(file).replace(/ +(\d+) 2021/g, ' $1 2021')).toBe(`-rwxr-xr-x 0/0 0 2021-01-01 00:00:00 a
lrwxrwxrwx 0/0 0 2021-01-01 00:00:00 absolute -> /lib/x
drwxr-xr-x 0/0 0 2021-01-01 00:00:00 b/
-rw-r--r-- 0/0 4 2021-01-01 00:00:00 b-c
-rw-r--r-- 0/0 2 2021-01-01 00:00:00 b/Z
lrwxrwxrwx 0/0 0 2021-01-01 00:00:00 b/link -> ../a
-rw-r--r-- 0/0 1 2021-01-01 00:00:00 b/x
-rw-r--r-- 0/0 5 2021-01-01 00:00:00 é
`)
})

test('the identity of a package is the sha256 of its tar, and stands in its file', async () => {
  const { file, result, tar, bytes } = await packed(folder({ a: 'a' }))
  expect(result.digest).toBe(sha256(tar))
  expect(readIdentity(file)).toBe(result.digest)
  expect(result.tarBytes).toBe(tar.length)
  expect(result.fileBytes).toBe(bytes.length)
  expect(spawnSync('gzip', ['-lv', file], { encoding: 'utf8' }).status).toBe(0)
})

test('a package is compressed to the same bytes by every node, in threads and without', async () => {
  const text = Array.from({ length: 300_000 }, (_, n) => `${n % 977} `).join('')
  const large = await packed(folder({ large: `${text}${text}`, small: text.slice(0, 5000) }))
  expect(large.tar.length).toBeGreaterThan(2 * 1024 * 1024)
  // As node 20.0, 20.20, 22 and 24 have made them, on x86-64 and on arm64.
  expect(sha256(large.bytes)).toBe('da77b8890cd9961a34fc72e0addc5ac2f233869453fd50761f0ade5d99184da5')
  const small = await packed(folder({ small: text.slice(0, 5000) }))
  expect(sha256(small.bytes)).toBe('fa55f25f1c50f13d8609379a6b8a84a66d93c3188827e2e564dfe814e74e93fe')
})

test('a file that is no package has no identity', () => {
  const root = folder({
    short: 'x',
    gzip: Buffer.concat([Buffer.from('1f8b0800', 'hex'), Buffer.alloc(200)]),
  })
  expect(readIdentity(join(root, 'short'))).toBeUndefined()
  expect(readIdentity(join(root, 'gzip'))).toBeUndefined()
})

test('the order in which files were made, their times and the umask do not show', async () => {
  const names = ['c', 'a', 'b', 'dir/z', 'dir/a']
  const one = folder(Object.fromEntries(names.map(name => [name, name])))
  const before = process.umask(0o077)
  const two = folder(Object.fromEntries([...names].reverse().map(name => [name, name])))
  process.umask(before)
  utimesSync(join(two, 'a'), 1, 1)
  expect((await packed(two)).bytes.equals((await packed(one)).bytes)).toBe(true)
})

test('the bytes do not depend on the number of cores', async () => {
  // Random enough that a block of it cannot be guessed from another.
  const numbers = new Uint32Array(1_500_000)
  for (let index = 1, number = 1; index < numbers.length; index++) {
    number = (number * 48271) % 2147483647
    numbers[index] = number >>> 12
  }
  const data = Buffer.from(numbers.buffer)
  const root = folder({ big: data, small: 'small' })
  // A tree as far as packing looks: its thread is a program beside the others.
  const tree = folder({ 'package.json': '{}' })
  symlinkSync(resolve('dist'), join(tree, 'dist'))
  const script = join(tree, 'pack.mjs')
  const { build } = await import('esbuild')
  await build({
    stdin: {
      contents: `import { packTree } from './helpers/tar/pack.ts'\nawait packTree(process.argv[2], process.argv[3])`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
  })
  const out = folder()
  const run = (name: string, prefix: readonly string[]): Buffer => {
    const [command, ...args] = [...prefix, process.execPath, script, root, join(out, name)]
    execFileSync(command as string, args)
    return readFileSync(join(out, name))
  }
  const first = run('1', ['taskset', '-c', '0'])
  const second = run('2', [])
  expect(first.equals(second)).toBe(true)
  expect(gunzipSync(first).length).toBeGreaterThan(5 * 1024 * 1024)
})

test('hard links are kept: the first name is the file', async () => {
  const root = folder({ 'bin/b': 'same file' })
  chmodSync(join(root, 'bin/b'), 0o755)
  linkSync(join(root, 'bin/b'), join(root, 'bin/a'))
  linkSync(join(root, 'bin/b'), join(root, 'bin/c'))
  const { file } = await packed(root)
  expect(listed(file)).toMatch(
    /^-.* bin\/a\nhrwxr-xr-x.* bin\/b link to bin\/a\nhrwxr-xr-x.* bin\/c link to bin\/a$/m,
  )
  const into = folder()
  expect((await unpackPackage(file, into)).ok).toBe(true)
  expect(lstatSync(join(into, 'bin/c')).ino).toBe(lstatSync(join(into, 'bin/a')).ino)
})

test('a hard link to a file outside of the package is a file', async () => {
  const outside = folder({ x: 'x' })
  const root = folder()
  linkSync(join(outside, 'x'), join(root, 'x'))
  expect(listed((await packed(root)).file)).toMatch(/^-rw/)
})

test('names that ustar has no room for come out as they went in', async () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(120)}`
  const names = [long, 'übung/ß', 'a'.repeat(101), '\u{1f600}', '-rf', 'quote\'"', 'b'.repeat(255), 'sp ace']
  const root = folder(Object.fromEntries(names.map(name => [name, name])))
  mkdirSync(join(root, 'links'))
  symlinkSync('t'.repeat(150), join(root, 'links/long'))
  symlinkSync('ziel/ü', join(root, 'links/ü'))
  symlinkSync('ziel/ö', join(root, 'links/o'))
  linkSync(join(root, 'übung/ß'), join(root, 'übung/ü'))
  const { file, tar } = await packed(root)
  // Old readers take a header's own bytes for latin1, or whatever else they like.
  expect(tar.includes(' linkpath=ziel/ö\n')).toBe(true)
  const into = folder()
  expect(await unpackPackage(file, into)).toMatchObject({ ok: true })
  for (const name of names) expect(readFileSync(join(into, name), 'utf8')).toBe(name)
  expect(readlinkSync(join(into, 'links/long'))).toBe('t'.repeat(150))
  expect(readlinkSync(join(into, 'links/ü'))).toBe('ziel/ü')
  // GNU tar agrees.
  const other = folder()
  execFileSync('tar', ['-xf', file, '-C', other], { env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' } })
  expect(listTree(other)).toEqual(listTree(into))
})

test('a plain package holds no pax header', async () => {
  const { tar } = await packed(folder({ [`${'d'.repeat(99)}/${'f'.repeat(90)}`]: 'x' }))
  expect(tar.includes('PaxHeader')).toBe(false)
})

test('an empty folder is a package too', async () => {
  const { file, tar } = await packed(folder())
  expect(tar.length).toBe(1024)
  expect(await unpackPackage(file, folder())).toMatchObject({ ok: true })
})

test('what is packed comes out the same, at the one time, whatever the umask', async () => {
  const root = folder({
    'bin/run': '#!/bin/sh\n',
    'share/large': Buffer.alloc(3 * 1024 * 1024 + 17, 'abc'),
    'share/empty': '',
  })
  chmodSync(join(root, 'bin/run'), 0o755)
  mkdirSync(join(root, 'void'))
  symlinkSync('run', join(root, 'bin/link'))
  const { file } = await packed(root)
  const into = folder()
  const before = process.umask(0o077)
  await unpackPackage(file, into)
  process.umask(before)
  expect((await packed(into)).bytes.equals(readFileSync(file))).toBe(true)
  for (const path of ['bin', 'bin/run', 'bin/link', 'share/empty', 'void', '']) {
    expect(lstatSync(join(into, path)).mtimeMs).toBe(1609459200_000)
  }
  expect(lstatSync(join(into, 'bin/run')).mode & 0o7777).toBe(0o755)
  expect(lstatSync(join(into, 'share/large')).mode & 0o7777).toBe(0o644)
  expect(readdirSync(into).sort()).toEqual(['bin', 'share', 'void'])
})

test('every entry that cannot be packed is named', async () => {
  const root = folder({ fine: '', 'new\nline': '' })
  execFileSync('mkfifo', [join(root, 'pipe')])
  writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]), '')
  const server = createServer()
  await new Promise<void>(resolve => server.listen(join(root, 'socket'), resolve))
  const result = await packTree(root, join(folder(), 'out'))
  await new Promise(resolve => server.close(resolve))
  expect(result).toEqual({
    ok: false,
    error: expect.arrayContaining([
      { kind: 'entry', name: 'pipe', why: expect.stringContaining('a fifo') },
      { kind: 'entry', name: 'socket', why: expect.stringContaining('a socket') },
      { kind: 'entry', name: 'new\nline', why: 'its name or target holds a control character' },
      { kind: 'entry', name: 'bad\ufffd', why: 'its name or target is not valid UTF-8' },
    ]),
  })
})

test('a symlink that leads outside is refused', async () => {
  const root = folder({ 'a/x': 'x' })
  symlinkSync('../../x', join(root, 'a/l'))
  expect(await packTree(root, join(folder(), 'pkg.tar.gz'))).toEqual({
    ok: false,
    error: [{ kind: 'entry', name: 'a/l', why: 'it is a symlink that leads outside, to "../../x"' }],
  })
})

test('who reads no further ends the writing, too', async () => {
  const data = Buffer.alloc(4 * 1024 * 1024)
  const entry = { kind: 'file', path: 'x', mode: 0o644, size: data.length } as const
  for (const from of [data, join(folder({ x: data }), 'x')]) {
    const archive = writeMembers([1, 2, 3].map(() => ({ entry, from })))
    expect(await archive.next()).toMatchObject({ done: false })
    expect(await archive.return(undefined)).toMatchObject({ done: true })
  }
})

test.each(['x', 'xxxxx'])('a file that has other bytes than its size by now is refused: %j', async text => {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  const entry = { kind: 'file', path: 'x', mode: 0o644, size: 3 } as const
  for (const from of [chunks(), join(folder({ x: text }), 'x')]) {
    expect(await packMembers([{ entry, from }], join(folder(), 'pkg.tar.gz'))).toEqual({
      ok: false,
      error: { kind: 'entry', name: 'x', why: 'it changed while it was packed' },
    })
  }
})
