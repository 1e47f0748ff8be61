import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { readContents } from '../../../helpers/export/contents.ts'
import { gzipMembers, inBlocks } from '../../../helpers/tar/gzip.ts'
import { tarMessage } from '../../../helpers/tar/problem.ts'
import { END, entry, header } from '../tar/bytes.ts'
import { folder } from '../tar/folder.ts'

/** A package file that names its digest rightly, whatever it holds. */
async function packed(...parts: readonly Buffer[]) {
  const tar = Buffer.concat([...parts, END])
  const members: Uint8Array[] = []
  for await (const member of gzipMembers(inBlocks(Readable.from([tar])), `tar-sha256:${sha256(tar)}`))
    members.push(member)
  const file = join(folder(), 'x.tar.gz')
  const bytes = Buffer.concat(members)
  writeFileSync(file, bytes)
  const member = {
    name: 'x' as PackageName,
    version: '1-1',
    pkghash: sha256('key'),
    tar: sha256(tar),
    file,
    needs: [],
    setuid: [] as readonly string[],
    asked: true,
  }
  return { member, tar, bytes }
}

const moded = (mode: string): Buffer => {
  const block = header({ name: 'su', size: 0 })
  block.write(mode, 100, 'latin1')
  block.write('        ', 148, 'latin1')
  const sum = block.reduce((all, byte) => all + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

const LINK = entry({ name: 'l', type: '2', target: '/etc' })

describe('readContents()', () => {
  test('tells sizes, digests, and what stands at each path', async () => {
    const { member, tar, bytes } = await packed(
      entry({ name: 'bin/', type: '5' }),
      entry({ name: 'bin/a' }, 'text'),
      entry({ name: 'bin/b', type: '1', target: 'bin/a' }),
      entry({ name: 'bin/c', type: '2', target: 'a' }),
    )
    expect(await readContents(member)).toEqual({
      ok: true,
      value: {
        member,
        tarBytes: tar.length,
        fileSha256: sha256(bytes),
        fileBytes: bytes.length,
        paths: new Map([
          ['bin', 'directory'],
          ['bin/a', `file 644 ${sha256('text')}`],
          ['bin/b', `file 644 ${sha256('text')}`],
          ['bin/c', 'symlink a'],
        ]),
      },
    })
  })

  test.each([
    ['an order to delete a file of another layer', entry({ name: 'etc/.wh.passwd' }), 'an order to delete'],
    ['an order to empty a folder', entry({ name: 'etc/.wh..wh..opq' }), 'an order to delete'],
    ['a folder called like one', entry({ name: '.wh.x/', type: '5' }), 'an order to delete'],
    ['a name that leads outside', entry({ name: '../x' }), 'leads outside'],
    ['an absolute name', entry({ name: '/x' }), 'absolute'],
    ['a link that leads outside', entry({ name: 'x', type: '2', target: '../../etc' }), 'leads outside'],
    ['a device', entry({ name: 'x', type: '3' }), 'character-device'],
    ['a file for the root', entry({ name: './' }, 'x'), 'a size'],
    ['a name twice', [entry({ name: 'x' }), entry({ name: './x' })], 'it comes twice'],
    ['a file in place of a folder', [entry({ name: 'a/b/c' }), entry({ name: 'a' })], 'it comes twice'],
    ['a folder in place of a file', [entry({ name: 'a' }), entry({ name: 'a/b' })], '"a\\" is a file'],
    ['a write through a symlink', [LINK, entry({ name: 'l/x' })], '"l\\" is a symlink'],
    ['a write through a deep symlink', [LINK, entry({ name: 'l/x/y/z' })], '"l\\" is a symlink'],
    ['a hard link to a symlink', [LINK, entry({ name: 'h', type: '1', target: 'l' })], 'not an earlier file'],
    [
      'a hard link to a folder',
      [entry({ name: 'd/', type: '5' }), entry({ name: 'h', type: '1', target: 'd' })],
      'not an earlier file',
    ],
    ['a hard link to what comes later', entry({ name: 'h', type: '1', target: 'x' }), 'not an earlier file'],
  ])('refuses %s', async (_, bytes, why) => {
    const { member } = await packed(...[bytes].flat())
    const read = await readContents(member)
    expect(read.ok ? '' : JSON.stringify(tarMessage('export', 'x', read.error))).toContain(why)
  })

  test.each([
    ['a set-user-id bit that its key does not name', '0004755', [], 'a set-id bit'],
    ['a set-group-id bit', '0002755', [], 'a set-id bit'],
    ['a set-group-id bit of what is to be set-user-id', '0006755', ['su'], 'a set-id bit'],
    ['a set-user-id bit of what cannot be run', '0004644', ['su'], 'a set-id bit'],
    ['no set-user-id bit where its key names one', '0000755', ['su'], 'and it is not'],
  ])('refuses %s', async (_, mode, setuid, why) => {
    const { member } = await packed(moded(mode))
    const read = await readContents({ ...member, setuid })
    expect(read.ok ? '' : JSON.stringify(tarMessage('export', 'x', read.error))).toContain(why)
  })

  test('takes the set-user-id bit that its key names, and tells it from the same file without', async () => {
    const read = async (mode: string, setuid: readonly string[]) => {
      const one = await readContents({ ...(await packed(moded(mode))).member, setuid })
      return one.ok ? one.value.paths.get('su') : one.error
    }
    expect(await read('0004755', ['su'])).toBe(`file 4755 ${sha256('')}`)
    expect(await read('0000755', [])).toBe(`file 755 ${sha256('')}`)
  })

  test('refuses a package that is not what it names', async () => {
    const { member } = await packed(entry({ name: 'x' }))
    const read = await readContents({ ...member, tar: sha256('another') })
    expect(read).toMatchObject({ ok: false, error: { kind: 'digest', got: member.tar } })
  })

  test('takes folders that come after what they hold, or not at all', async () => {
    const parts = [entry({ name: 'a/b/c' }), entry({ name: 'a/b/', type: '5' }), entry({ name: 'a/d' })]
    const read = await readContents((await packed(...parts)).member)
    expect(read.ok && [...read.value.paths.keys()]).toEqual(['a/b/c', 'a/b', 'a/d'])
  })

  test('refuses one that is cut', async () => {
    const { member, bytes } = await packed(entry({ name: 'x' }))
    writeFileSync(member.file, bytes.subarray(0, bytes.length - 9))
    expect(await readContents(member)).toMatchObject({ ok: false, error: { kind: 'damaged' } })
  })
})
