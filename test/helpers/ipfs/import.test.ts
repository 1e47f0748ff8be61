import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { base58btc } from 'multiformats/bases/base58'
import { describe, expect, it } from 'vitest'
import type { Sha256 } from '../../../core/digest.ts'
import { distfilePath } from '../../../core/store.ts'
import { loadMirrors } from '../../../helpers/fetch/mirrors.ts'
import { importPath } from '../../../helpers/ipfs/import.ts'
import { fetchInto, folder, put, want } from '../fetch/support.ts'
import { Store } from './support.ts'

const cidOf = async (path: string): Promise<string> => (await new Store().addPath(path)).toString()

/** What Debian's tool of the same purpose answers. */
const debianSays = (path: string): string =>
  (
    JSON.parse(
      execFileSync('ipfs_cid', [path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    ) as {
      readonly CIDv0: string
    }
  ).CIDv0

describe('importPath()', () => {
  it('gives "hello world" the CID that is in every tutorial', async () => {
    expect(await cidOf(put(join(folder(), 'hello'), 'hello world\n'))).toBe(
      'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o',
    )
  })

  it.each([0, 1, 262_143, 262_144, 262_145, 1_000_000, 174 * 262_144, 174 * 262_144 + 1])(
    "gives a file of %i bytes the CID that Debian's ipfs_cid gives it",
    async size => {
      const file = put(join(folder(), 'file'), randomBytes(size))
      expect(await cidOf(file)).toBe(debianSays(file))
    },
  )

  it('gives the tarball of musl 1.2.2 the CID under which the ancestor pinned it', async context => {
    const root = folder()
    const sha256 = '9b969322012d796dc23dda27a35866034fa67d8fb67e0e2c45c913c3d43219dd' as Sha256
    const path = 'pool/main/m/musl/musl_1.2.2.orig.tar.gz'
    const urls = loadMirrors(root, {}).mirrors.debianRoots.map(archive => `${archive}/${path}`)
    const { outcome } = await fetchInto(root, [want(urls, { sha256 })], { env: process.env, limits: PATIENT })
    if (!outcome.ok) return context.skip('no Debian archive has it')
    expect(await cidOf(distfilePath(join(root, 'store'), sha256))).toBe(
      'QmWotMZZFdS7rPNu3Y58WL1NaVXKLJH195pcvR4oMEdZQE',
    )
  })

  it('gives a folder the CID of its block, as the specification of dag-pb has it', async () => {
    const root = folder()
    put(join(root, 'b'), 'hello world\n')
    put(join(root, 'a'), 'hello world\n')
    put(join(root, '.hidden'), 'left out')
    expect(await cidOf(root)).toBe(cidOfBlock(folderBlock(['a', 'b'])))
    expect(await cidOf(join(root))).not.toBe(cidOfBlock(folderBlock(['b', 'a'])))
  })

  it('gives an empty folder the well-known CID, wherever it stands', async () => {
    const root = folder()
    expect(await cidOf(root)).toBe('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn')
    mkdirSync(join(root, 'below'))
    expect(await cidOf(root)).toBe(cidOfBlock(new Uint8Array([...link('below', EMPTY, 4), 0x0a, 2, 8, 1])))
  })

  it('refuses what it could not give back: links and the like', async () => {
    const root = folder()
    symlinkSync('/etc/passwd', join(root, 'link'))
    expect(await importPath(root, () => {})).toEqual({
      ok: false,
      error: '"link" is neither a file nor a folder',
    })
  })
})

const PATIENT = { connectMs: 5_000, idleMs: 10_000, attempts: 1 } as never

/** The block of "hello world" is of 20 bytes: 6 + 12, and 2 before them. */
const HELLO = base58btc.baseDecode('QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o')
const EMPTY = base58btc.baseDecode('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn')

const folderBlock = (names: readonly string[]): Uint8Array =>
  new Uint8Array([...names.flatMap(name => link(name, HELLO, 20)), 0x0a, 2, 8, 1])

/** A link in protobuf, made by hand: the multihash, the name, the size of all below it. */
function link(name: string, multihash: Uint8Array, size: number): readonly number[] {
  const body = [0x0a, multihash.length, ...multihash, 0x12, name.length, ...Buffer.from(name), 0x18, size]
  return [0x12, body.length, ...body]
}

const cidOfBlock = (block: Uint8Array): string =>
  base58btc.baseEncode(new Uint8Array([0x12, 32, ...createHash('sha256').update(block).digest()]))
