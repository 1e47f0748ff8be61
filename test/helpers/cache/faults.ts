import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeKey } from '../../../helpers/cache/minisign.ts'
import { packageName, recordName } from '../../../helpers/cache/names.ts'
import { closePlaces } from '../../../helpers/cache/open-places.ts'
import { PATIENCE } from '../../../helpers/cache/receive.ts'
import { reuse } from '../../../helpers/cache/reuse.ts'
import { NOT_HERE } from '../../../helpers/cache/status.ts'
import { writeTrust } from '../../../helpers/cache/trust.ts'
import { tarDigest } from '../../../helpers/tar/unpack.ts'
import { User } from '../../support/cached-tree.ts'
import { fillDisk, mayMountDisk, mountDisk } from '../../support/mount.ts'
import { keyFileText } from '../../support/pkgkey.ts'
import { manifest } from '../../support/tree.ts'
import { type Files, type Good, honest, publishGood } from './good.ts'
import type { Stand, Transport } from './places.ts'

/** A transport of which tests know how it fails. */
export interface Faulty extends Transport {
  /** A url behind which nobody is. */
  dead(): Promise<Ailing> | Ailing
  /** A url behind which somebody is who never answers. */
  slow(): Promise<Ailing> | Ailing
}

export type Ailing = Pick<Stand, 'url' | 'stop'>

const PACKAGES = {
  one: manifest({
    buildDeps: "['seed']",
    build: 'sh`cp /bin/busybox "$DESTDIR/one"`',
    strip: "'none'",
  }),
}
const TARGET = 'pkg/one/.pkg.tar.gz'

interface Fault {
  readonly name: string
  readonly files: (good: Good) => Files
  /** What a user reads of it. */
  readonly said: string
}

const FAULTS: readonly Fault[] = [
  {
    name: 'has a truncated package',
    files: good => ({
      ...honest(good),
      [packageName(good.hash)]: good.body.subarray(0, good.body.length >> 1),
    }),
    said: 'another package than was signed',
  },
  {
    name: 'has a package with a flipped bit',
    files: good => ({ ...honest(good), [packageName(good.hash)]: flipped(good.body) }),
    said: 'cannot use the package cache',
  },
  {
    name: 'has a longer package',
    files: good => ({
      ...honest(good),
      [packageName(good.hash)]: Buffer.concat([good.body, Buffer.alloc(9)]),
    }),
    said: 'another package than was signed',
  },
  {
    name: 'has a record that was changed',
    files: good => {
      const files = honest(good)
      const name = recordName(good.hash, good.record.builder)
      return { ...files, [name]: String(files[name]).replace(good.record.tar, good.record.gz) }
    },
    said: 'its signature is wrong',
  },
  {
    name: 'has the record of another package',
    files: good => honest({ ...good, record: { ...good.record, hash: good.record.tar } }, good.hash),
    said: 'it is that of another package',
  },
  {
    name: 'has a record by another key under the number of a trusted one',
    files: good => {
      const forger = makeKey().key
      return honest({ ...good, key: { ...forger, public: { ...forger.public, id: good.key.public.id } } })
    },
    said: 'its signature is wrong',
  },
  {
    name: 'has records by nobody who is trusted',
    files: good => {
      const { key } = makeKey()
      return honest({ ...good, key, record: { ...good.record, builder: key.public.id } })
    },
    said: '',
  },
  {
    name: 'has a record that is cut',
    files: good => {
      const files = honest(good)
      const name = recordName(good.hash, good.record.builder)
      return { ...files, [name]: String(files[name]).slice(0, -100) }
    },
    said: 'its signature is wrong',
  },
  {
    name: 'has a signature without its record',
    files: good => {
      const files = honest(good)
      const name = recordName(good.hash, good.record.builder)
      return { ...files, [name]: String(files[name]).split('\n').slice(0, 4).join('\n') }
    },
    said: 'its signature is wrong',
  },
  {
    name: 'has a record that never ends',
    files: good => ({ ...honest(good), [recordName(good.hash, good.record.builder)]: 'x'.repeat(2 << 20) }),
    said: 'is longer than',
  },
  {
    name: 'has a record that expired',
    files: good => honest({ ...good, record: { ...good.record, expires: '2020-01-01' } }),
    said: 'it was said until 2020-01-01',
  },
  {
    name: 'has a package that is not the tar of its own record',
    files: good => honest({ ...good, record: { ...good.record, tar: good.record.gz } }),
    said: 'the package is not the tar that its record tells of',
  },
  {
    name: 'has a record without its package',
    files: good => {
      const { [packageName(good.hash)]: _, ...rest } = honest(good)
      return rest
    },
    said: '',
  },
]

/**
 * Each fault ends in the right package: from another cache, or built. Where building is forbidden, in a
 * refusal. Each by itself is a question of do-reuse, whose answer 3 has the rule build; all of them together
 * are one of bin/do.
 */
export function faultMatrix(transport: Faulty): void {
  describe(`a package cache in ${transport.name}`, () => {
    let good: Good
    let folder: string
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'cache-good-'))
      good = await publishGood(folder, PACKAGES, 'one')
    })
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    const ailing = async ({ files }: Fault): Promise<Ailing> => {
      const stand = await transport.start()
      for (const [name, bytes] of Object.entries(files(good))) await stand.put(name, bytes)
      return stand
    }

    const cell = async ({ url, stop }: Ailing, said: string, patienceMs = 20_000): Promise<void> => {
      const desk = mkdtempSync(join(folder, 'desk-'))
      try {
        writeFileSync(join(desk, '.pkghash'), keyFileText(good.keyText))
        writeTrust(join(desk, 'trust'), [{ key: good.key.public, name: 'alice' }])
        const ask = async (env: Readonly<Record<string, string>>) => {
          rmSync(join(desk, 'store'), { recursive: true, force: true })
          const all = {
            COOLPORTS_STORE: join(desk, 'store'),
            COOLPORTS_TRUST: join(desk, 'trust'),
            ...transport.env?.(),
            ...env,
          }
          let words = ''
          const status = await reuse(
            [join(desk, '.pkghash'), join(desk, 'out')],
            all,
            text => {
              words += text
            },
            { ...PATIENCE, raceMs: patienceMs, firstByteMs: patienceMs },
          )
          return { status, words }
        }
        const free = await ask({ PKG_CACHE_URL: url })
        expect(free.words).toContain(said)
        expect(free.status).toBe(NOT_HERE)

        const forced = await ask({ PKG_CACHE_URL: url, PKG_FORCE_BINARY: 'yes' })
        for (const part of ['PKG_FORCE_BINARY forbids to build it', 'one-1.0-1', good.hash, url, said])
          expect(forced.words).toContain(part)
        expect(forced.status).toBe(2)
        expect(existsSync(join(desk, 'out'))).toBe(false)

        const helped = await ask({ PKG_CACHE_URL: `${url} ${good.folder}`, PKG_FORCE_BINARY: 'yes' })
        expect(helped.words).toContain(`from ${good.folder}, signed by alice`)
        expect(helped.status).toBe(0)
        expect(await tarDigest(join(desk, 'out'))).toEqual({ ok: true, value: good.record.tar })
        expect(readdirSync(join(desk, 'store/incoming'))).toEqual([])
      } finally {
        await stop()
        await closePlaces()
      }
    }

    test.each(FAULTS)('that $name', async fault => cell(await ailing(fault), fault.said))
    test('that is dead', async () => cell(await transport.dead(), 'cannot use the package cache'))
    test('that never answers', async () => cell(await transport.slow(), 'cannot use the package cache', 700))

    test('that has each of these faults, each time: the package is built, or comes from the good one', async () => {
      const all = [await transport.dead(), await transport.slow()]
      for (const fault of FAULTS) all.push(await ailing(fault))
      try {
        const urls = all.map(({ url }) => url).join(' ')
        const bob = await User.of(PACKAGES)
        bob.trust({ alice: good.key })
        const built = bob.must(['bin/do', TARGET], { PKG_CACHE_URL: urls })
        expect(built).toContain('built one-1.0-1')
        for (const { url } of all.slice(0, 2))
          expect(built.split(`cannot use the package cache "${url}"`).length).toBe(2) // said once, though the seed is asked for too
        await isRight(bob)

        rmSync(join(bob.tree.root, '.store/packages', packageName(good.hash)))
        rmSync(join(bob.tree.root, TARGET))
        const helped = { PKG_CACHE_URL: `${urls} ${good.folder}`, PKG_FORCE_BINARY: 'yes' }
        expect(bob.must(['bin/do', TARGET], helped)).toContain(`from ${good.folder}, signed by alice`)
        await isRight(bob)
      } finally {
        for (const { stop } of all) await stop()
      }
    })

    const isRight = async (user: User): Promise<void> => {
      expect(await tarDigest(join(user.tree.root, TARGET))).toEqual({ ok: true, value: good.record.tar })
      expect(leftovers(user)).toEqual([])
    }

    test.skipIf(!mayMountDisk())('that has what the disk of the store does not take', async () => {
      const stand = await transport.start()
      try {
        for (const [name, bytes] of Object.entries(honest(good))) await stand.put(name, bytes)
        const bob = await User.of(PACKAGES)
        bob.trust({ alice: good.key })
        mountDisk(join(bob.tree.root, '.store'), 32 << 20)
        // What a build needs of the store is there; then nothing more fits into it.
        bob.must(['bin/do', TARGET])
        rmSync(join(bob.tree.root, '.store/packages', packageName(good.hash)))
        rmSync(join(bob.tree.root, TARGET))
        const empty = fillDisk(join(bob.tree.root, '.store'))
        const forced = bob.run(['bin/do', TARGET], { PKG_CACHE_URL: stand.url, PKG_FORCE_BINARY: 'yes' })
        expect(forced.said).toContain('the disk is full')
        expect(forced.said).toContain('PKG_FORCE_BINARY forbids to build it')
        expect(forced.status).toBe(1)
        const built = bob.must(['bin/do', TARGET], { PKG_CACHE_URL: stand.url })
        expect(built).toContain('the disk is full')
        expect(built).toContain('built one-1.0-1')
        await isRight(bob)
        empty()
        rmSync(join(bob.tree.root, TARGET))
        expect(bob.must(['bin/do', TARGET], { PKG_CACHE_URL: stand.url })).toContain('signed by alice')
        await isRight(bob)
      } finally {
        await stand.stop()
      }
    })
  })
}

function flipped(body: Buffer): Buffer {
  const copy = Buffer.from(body)
  copy[body.length >> 1] = (copy[body.length >> 1] ?? 0) ^ 1
  return copy
}

/** What a transfer that failed should have taken with it. On a busy machine none may have begun in time. */
function leftovers({ tree }: User): readonly string[] {
  const incoming = join(tree.root, '.store/incoming')
  return existsSync(incoming) ? readdirSync(incoming) : []
}
