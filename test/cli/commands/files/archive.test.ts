import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Header, pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../../core/digest.ts'
import { gzipMembers, inBlocks } from '../../../../helpers/tar/gzip.ts'
import { packTree } from '../../../../helpers/tar/pack.ts'
import { manifest, Tree } from '../../../support/tree.ts'
import { coolports } from '../../support.ts'

const tree = (): Tree => new Tree({ 'pkg/tool/package.ts': manifest() })

/** A package as a build leaves it; answers the digest of its tar. */
async function packed(at: Tree, path: string): Promise<string> {
  const root = join(at.root, 'content')
  mkdirSync(join(root, 'bin'), { recursive: true })
  writeFileSync(join(root, 'bin/tool'), 'a program')
  chmodSync(join(root, 'bin/tool'), 0o755)
  linkSync(join(root, 'bin/tool'), join(root, 'bin/too'))
  symlinkSync('tool', join(root, 'bin/t'))
  const result = await packTree(root, join(at.root, path))
  if (!result.ok) throw new Error('not packed')
  return result.value.digest
}

/** An archive that no build would make, but which names its digest rightly. */
async function hostile(at: Tree, path: string, headers: readonly Partial<Header>[]): Promise<void> {
  const archive = pack()
  for (const header of headers) archive.entry({ name: 'x', ...header } as Header, header.size ? 'x' : '')
  archive.finalize()
  const chunks: Uint8Array[] = []
  for await (const chunk of archive) chunks.push(chunk as Uint8Array)
  const tar = Buffer.concat(chunks)
  const members = gzipMembers(inBlocks(Readable.from([tar])), `tar-sha256:${sha256(tar)}`)
  const bytes: Uint8Array[] = []
  for await (const member of members) bytes.push(member)
  writeFileSync(join(at.root, path), Buffer.concat(bytes))
}

describe('files', () => {
  test('lists mode, size, path and target of what was built', async () => {
    const at = tree()
    await packed(at, 'pkg/tool/.pkg.tar.gz')
    expect(await coolports(at, 'files', 'tool')).toEqual({
      status: 0,
      out: [
        'drwxr-xr-x          0 bin/',
        'lrwxrwxrwx          0 bin/t -> tool',
        '-rwxr-xr-x          9 bin/too',
        'hrwxr-xr-x          0 bin/tool is bin/too',
        '',
      ].join('\n'),
      err: '',
    })
  })

  test('--json has the same for a program, of any file', async () => {
    const at = tree()
    await packed(at, 'any.pkg.tar.gz')
    expect(JSON.parse((await coolports(at, 'files', 'any.pkg.tar.gz', '--json')).out).slice(1, 3)).toEqual([
      { kind: 'symlink', path: 'bin/t', mode: '777', size: 0, target: 'tool' },
      { kind: 'file', path: 'bin/too', mode: '755', size: 9, target: null },
    ])
  })

  test('says that a package is not built', async () => {
    expect(await coolports(tree(), 'files', 'tool')).toMatchObject({
      status: 1,
      err: 'coolports: cannot list tool: it is not built\n  coolports build tool\n',
    })
  })

  test('escapes names that a terminal would obey', async () => {
    const at = tree()
    await hostile(at, 'bad.tar.gz', [{ name: '\u001b[31m\nred', size: 1 }])
    const { out } = await coolports(at, 'files', 'bad.tar.gz')
    expect(out).toContain('"\\u001b[31m\\nred"')
    expect(out).not.toContain('\u001b')
  })
})

describe('verify', () => {
  test('prints the digest of a good package', async () => {
    const at = tree()
    const digest = await packed(at, 'good.pkg.tar.gz')
    expect(await coolports(at, 'verify', 'good.pkg.tar.gz')).toEqual({
      status: 0,
      out: `${digest}  good.pkg.tar.gz\n`,
      err: '',
    })
  })

  test('exits 1 when the tar is not the one that the file names', async () => {
    const at = tree()
    const digest = await packed(at, 'good.pkg.tar.gz')
    const bytes = readFileSync(join(at.root, 'good.pkg.tar.gz'))
    bytes.write('0'.repeat(64), bytes.indexOf(digest))
    writeFileSync(join(at.root, 'bad.pkg.tar.gz'), bytes)
    const said = await coolports(at, 'verify', 'good.pkg.tar.gz', 'bad.pkg.tar.gz')
    expect(said.status).toBe(1)
    expect(said.out).toBe(`${digest}  good.pkg.tar.gz\n`)
    expect(said.err).toContain(`want ${'0'.repeat(64)}\n  got  ${digest}`)
  })

  test.each([
    ['is cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 20)],
    [
      'has a bit turned',
      (bytes: Buffer) => Buffer.from(bytes.map((byte, at) => (at === bytes.length - 30 ? byte ^ 4 : byte))),
    ],
    ['is no package', () => Buffer.from('something else')],
  ])('exits 1 when the file %s', async (_, damage) => {
    const at = tree()
    await packed(at, 'good.pkg.tar.gz')
    writeFileSync(join(at.root, 'bad.tar.gz'), damage(readFileSync(join(at.root, 'good.pkg.tar.gz'))))
    const { status, out, err } = await coolports(at, 'verify', 'bad.tar.gz')
    expect({ status, out }).toEqual({ status: 1, out: '' })
    expect(err).toMatch(/^coolports: cannot verify "bad.tar.gz": /)
  })

  test.each([
    ['a name that leads outside', [{ name: '../x', size: 1 }]],
    ['an absolute name', [{ name: '/x', size: 1 }]],
    ['a symlink that leads outside', [{ type: 'symlink' as const, linkname: '../../etc' }]],
    ['a hard link to nothing', [{ type: 'link' as const, linkname: 'y' }]],
    ['an entry that comes twice', [{ size: 1 }, { size: 1 }]],
    ['a device', [{ type: 'character-device' as const }]],
  ])('exits 1 and writes nothing at %s', async (_, headers) => {
    const at = tree()
    await hostile(at, 'bad.tar.gz', headers)
    const { status, out, err } = await coolports(at, 'verify', 'bad.tar.gz')
    expect({ status, out }).toEqual({ status: 1, out: '' })
    expect(err).toContain('entry')
  })

  test('--json tells about each file, and exits 2 when one cannot be read', async () => {
    const at = tree()
    const digest = await packed(at, 'good.pkg.tar.gz')
    const { status, out } = await coolports(at, 'verify', '--json', 'good.pkg.tar.gz', 'none.tar.gz')
    expect(status).toBe(2)
    expect(JSON.parse(out)).toEqual([
      { file: 'good.pkg.tar.gz', ok: true, sha256: digest, problem: null },
      { file: 'none.tar.gz', ok: false, sha256: null, problem: 'there is no such file' },
    ])
  })
})
