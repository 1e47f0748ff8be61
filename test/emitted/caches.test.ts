import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import { makeKey, type SecretKey } from '../../helpers/cache/minisign.ts'
import { recordName } from '../../helpers/cache/names.ts'
import { packTree } from '../../helpers/tar/pack.ts'
import { tarDigest } from '../../helpers/tar/unpack.ts'
import { type Good, honest, publishGood } from '../helpers/cache/good.ts'
import { HIGH, HIGH_TARGET, LOW, User } from '../support/cached-tree.ts'
import { fillDisk, mayMountDisk, mountDisk } from '../support/mount.ts'
import { bringing, redos } from '../support/redos.ts'
import { useShell } from '../support/small-tree.ts'
import { manifest } from '../support/tree.ts'

// What users see of package caches, by real builds with the doors of bin/.

let top: string
/** What Alice has built and published: a package, and the one that it needs to run. */
let alice: Good
beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), 'caches-'))
  alice = await publishGood(join(top, 'of-alice'), { low: LOW, high: HIGH }, 'high')
})
afterAll(() => rmSync(top, { recursive: true }))

let bob: User
let cache: string
beforeEach(async () => {
  bob = await User.of()
  cache = mkdtempSync(join(top, 'cache-'))
})
afterEach(() => rmSync(cache, { recursive: true }))

/** The package as it stands in Bob's tree. */
const built = () => tarDigest(join(bob.tree.root, HIGH_TARGET))
const right = () => ({ ok: true, value: alice.record.tar })
const ofAlice = () => ({ PKG_CACHE_URL: alice.folder })

/** A cache in which somebody else says something of `high`: the same, or with a package to prove it something else. */
async function publishAs(key: SecretKey, truth: 'the truth' | 'a lie'): Promise<void> {
  const record = { ...alice.record, builder: key.public.id }
  let files = honest({ ...alice, key, record })
  if (truth === 'a lie') {
    const scratch = mkdtempSync(join(top, 'lie-'))
    writeFileSync(join(scratch, 'lie'), 'not what Alice built')
    const packed = await packTree(scratch, join(top, 'lie.tar.gz'))
    if (!packed.ok) throw new Error('no lie could be made')
    const body = readFileSync(join(top, 'lie.tar.gz'))
    const lie = { ...record, tar: packed.value.digest, gz: sha256(body), size: body.length }
    files = honest({ ...alice, key, record: lie, body })
  }
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(cache, name), bytes)
}

describe.each(redos)('a package that a cache has, under %s', (_, folder) => {
  test('is not built, and nothing below it is built or fetched', async () => {
    bob.trust({ alice: alice.key })
    bob.loseSeed()
    const { words, env } = bringing(folder, [HIGH_TARGET])
    expect(bob.must(words, { ...env, ...ofAlice() })).toContain('signed by alice')
    expect(existsSync(join(bob.tree.root, 'pkg/low/.pkg.tar.gz'))).toBe(false)
    expect(existsSync(join(bob.tree.root, '.store/distfiles'))).toBe(false)
    expect(await built()).toEqual(right())
    // What it needs to run is had in the same way, by whoever asks for it.
    const low = bringing(folder, ['pkg/low/.pkg.tar.gz'])
    expect(bob.must(low.words, { ...low.env, PACKAGE_CACHE_URL: alice.folder })).toContain('signed by alice')
  })

  test('is not built from source where that is forbidden, and is there else', async () => {
    const { words, env } = bringing(folder, [HIGH_TARGET])
    const forbidden = bob.run(words, { ...env, PKG_CACHE_URL: cache, PKG_FORCE_BINARY: 'yes' })
    expect(forbidden.status).not.toBe(0)
    expect(existsSync(join(bob.tree.root, HIGH_TARGET))).toBe(false)
    expect(bob.must(words, { ...env, PKG_CACHE_URL: cache })).toContain('built high-1.0-1')
    expect(await built()).toEqual(right())
  })
})

describe('a package that a cache has', () => {
  test.each(['/bin/dash', '/usr/bin/busybox', '/bin/mksh', '/bin/bash'])(
    'is taken by %s without a coordinator, too',
    async shell => {
      bob.trust({ alice: alice.key })
      const { root } = bob.tree
      bob.must(['bin/do', 'pkg/high/.pkghash', 'pkg/high/.bclosure'])
      const words = shell.endsWith('busybox') ? `${shell} sh` : shell
      useShell(join(root, 'bin/do-reuse'), words)
      // A redo that brings nothing up to date is enough for this rule.
      writeFileSync(join(root, 'redo-ifchange'), '#!/bin/sh\n')
      chmodSync(join(root, 'redo-ifchange'), 0o755)
      const rule = `cd pkg/high && PATH="$1:$PATH" ${words} -e .pkg.tar.gz.do .pkg.tar.gz .pkg .pkg.tar.gz`
      expect(bob.must(['sh', '-c', rule, 'sh', root], ofAlice())).toContain('signed by alice')
      expect(await built()).toEqual(right())
    },
  )

  test('starts no node but that of the run', () => {
    bob.trust({ alice: alice.key })
    const { root } = bob.tree
    bob.tree.write(
      'path/node',
      `#!/bin/sh\necho started >>"${root}/started"\nexec "${process.execPath}" "$@"\n`,
    )
    chmodSync(join(root, 'path/node'), 0o755)
    const path = { PATH: `${root}/path:${process.env.PATH}` }
    bob.must(['bin/do', HIGH_TARGET, 'pkg/low/.pkg.tar.gz'], { ...path, ...ofAlice() })
    expect(bob.tree.read('started')).toBe('started\n')
  })

  test('is not asked for where nobody is trusted, which is said once', () => {
    const said = bob.must(['bin/do', '-j2', HIGH_TARGET], ofAlice())
    expect(said.split('you trust nobody who signs packages').length).toBe(2)
    expect(said).toContain('built high-1.0-1')
  })
})

describe('add-to-package-cache', () => {
  test('writes a package and what it needs to run, in files that minisign verifies', () => {
    const { key, hash, record } = alice
    const low = record.closure[0]?.hash ?? ''
    expect(record.closure).toEqual([{ hash: low, name: 'low' }])
    const { id, text } = key.public
    expect(readdirSync(alice.folder)).toEqual(
      [hash, low].sort().flatMap(one => [`${one}.${id}.minisig`, `${one}.tar.gz`]),
    )
    // As doc/packagecaches.md has it.
    const check = 'tail -n +5 "$1" | minisign -V -P "$2" -x "$1" -m /dev/stdin'
    for (const one of [hash, low])
      bob.must(['sh', '-c', check, 'sh', `${alice.folder}/${one}.${id}.minisig`, text])
  })

  test('passes on what came from a cache, and says nothing of its own about it', () => {
    bob.trust({ alice: alice.key })
    bob.must(['bin/do', HIGH_TARGET, 'pkg/low/.pkg.tar.gz'], ofAlice())
    expect(bob.publish(cache, 'high')).toContain('passed on high-1.0-1')
    expect(readdirSync(cache)).toEqual(readdirSync(alice.folder))
    expect(bob.publish(cache, 'high')).toContain('there already high-1.0-1')
  })

  test.skipIf(!mayMountDisk())('names the folder for files on their way where its disk is full', () => {
    bob.publish(cache, 'low')
    const small = join(bob.tree.root, 'small')
    mountDisk(small, 64 << 10)
    fillDisk(small)
    const words = ['bin/add-to-package-cache', '-C', bob.tree.root, '-o', cache, 'low']
    const { status, said } = bob.run(words, { TMPDIR: small })
    expect(said).toContain(`cannot write to the package cache "${cache}": the disk of the folder for files`)
    expect(said).toContain(`  folder ${small}\n`)
    expect(status).toBe(2)
    expect(readdirSync(small).filter(name => name.startsWith('coolports-'))).toEqual([])
  })

  test('takes no day that is over', () => {
    bob.key()
    const words = [
      'bin/add-to-package-cache',
      '-C',
      bob.tree.root,
      '-o',
      cache,
      '--expires',
      '2020-01-01',
      'high',
    ]
    const { status, said } = bob.run(words)
    expect(said).toContain('--expires 2020-01-01 is over')
    expect(status).toBe(2)
  })

  test('signs what was built here alone: not what a store has lost its word of', () => {
    bob.trust({ alice: alice.key })
    bob.key()
    const { root } = bob.tree
    bob.must(['bin/do', HIGH_TARGET, 'pkg/low/.pkg.tar.gz'], ofAlice())
    const add = (env = {}) => bob.run(['bin/add-to-package-cache', '-C', root, '-o', cache, 'high'], env)
    // Freed by `cache gc`, or another store altogether: the packages of the tree stay what they were.
    bob.coolports('cache', 'gc', '--budget', '0G')
    const freed = add()
    expect(freed.said).toContain(
      'nobody knows where it came from: this store neither built it nor has what was said of it',
    )
    expect(freed.said).toContain('remove pkg/high/.pkg.tar.gz to have it built, or taken, again')
    expect(freed.status).toBe(1)
    expect(add({ COOLPORTS_STORE: join(root, 'other') }).status).toBe(1)
    expect(readdirSync(cache)).toEqual([])
    for (const name of ['high', 'low']) rmSync(join(root, `pkg/${name}/.pkg.tar.gz`))
    expect(add(ofAlice())).toMatchObject({ status: 0, said: expect.stringContaining('passed on high-1.0-1') })
    expect(readdirSync(cache)).toEqual(readdirSync(alice.folder))
  })

  test('signs what was built here, whatever else is said of it in the store', () => {
    bob.must(['bin/do', HIGH_TARGET])
    const kept = join(bob.tree.root, '.store/packages')
    const name = recordName(alice.hash, alice.key.public.id)
    cpSync(join(alice.folder, name), join(kept, name))
    expect(readFileSync(join(kept, `${alice.hash}.built`), 'utf8')).toBe(`tar ${alice.record.tar}\n`)
    expect(bob.publish(cache, 'high')).toContain('added high-1.0-1')
    expect(readdirSync(cache)).not.toContain(name)
  })

  test('leaves what somebody else published, says so where it differs, and changes nothing a second time', async () => {
    const mallory = makeKey().key
    await publishAs(mallory, 'a lie')
    const theirs = readFileSync(join(cache, `${alice.hash}.tar.gz`))
    bob.coolports('cache', 'key')
    const add = () => bob.run(['bin/add-to-package-cache', '-C', bob.tree.root, '-o', cache, 'high'])
    const { status, said } = add()
    expect(said).toContain('ANOTHER PACKAGE OF THE SAME KEY IS THERE')
    expect(said).toContain(`yours   tar sha256 ${alice.record.tar}`)
    expect(status).toBe(1)
    expect(readFileSync(join(cache, `${alice.hash}.tar.gz`))).toEqual(theirs)
    const contents = () => readdirSync(cache).map(name => [name, readFileSync(join(cache, name), 'latin1')])
    const before = contents()
    expect(before.length).toBe(5) // Mallory's two, Bob's one of high and two of low
    add()
    expect(contents()).toEqual(before)
  })

  test('needs a key, and says how to make one', () => {
    const { status, said } = bob.run(['bin/add-to-package-cache', '-C', bob.tree.root, '-o', cache, 'high'])
    expect(status).toBe(2)
    expect(said).toContain('coolports cache key makes one')
  })
})

describe('of two builders, of whom one lies,', () => {
  test('a quorum of two takes nothing, and challenge names the liar', async () => {
    const mallory = makeKey().key
    await publishAs(mallory, 'a lie')
    bob.trust({ alice: alice.key, mallory })
    const both = { PKG_CACHE_URL: `${cache} ${alice.folder}` }
    const said = bob.must(['bin/do', HIGH_TARGET], { ...both, PKG_CACHE_QUORUM: '2' })
    expect(said).toContain('BUILDERS THAT YOU TRUST DO NOT AGREE')
    expect(said).toMatch(/mallory +tar sha256 [0-9a-f]{64}/)
    expect(said).toContain('built high-1.0-1')
    expect(await built()).toEqual(right())
    // Bob has built it himself by now.
    const challenge = (...words: readonly string[]) =>
      bob.run(['bin/coolports', '-C', bob.tree.root, 'challenge', ...words], both)
    const page = challenge('high')
    expect(page.status).toBe(1)
    expect(page.said).toContain('DIFFERENT: mallory\n')
    expect(page.said).toContain(`${alice.record.tar}  built here`)
    const { said: text } = challenge('--json', 'high')
    const [found] = JSON.parse(text.slice(text.indexOf('['), text.lastIndexOf(']') + 1))
    expect(found).toMatchObject({ name: 'high', differing: ['mallory'], local: { built: true } })
    expect(found.statements.map(({ builder }: { builder: string }) => builder)).toEqual(['mallory', 'alice'])
    expect(challenge('low').status).toBe(0)
  })

  test('challenge compares with the build here, though the store has what the liar said of it', async () => {
    const mallory = makeKey().key
    await publishAs(mallory, 'a lie')
    bob.trust({ mallory })
    bob.must(['bin/do', HIGH_TARGET])
    // A race, or a disk that was full, may leave it there.
    const name = recordName(alice.hash, mallory.public.id)
    cpSync(join(cache, name), join(bob.tree.root, '.store/packages', name))
    const page = bob.run(['bin/coolports', '-C', bob.tree.root, 'challenge', 'high'], {
      PKG_CACHE_URL: cache,
    })
    expect(page.said).toContain(`${alice.record.tar}  built here`)
    expect(page.said).toContain('DIFFERENT: mallory\n')
    expect(page.status).toBe(1)
  })

  test('challenge names who gave the store a package of which all say something else by now', async () => {
    const mallory = makeKey().key
    await publishAs(mallory, 'a lie')
    bob.trust({ mallory })
    bob.must(['bin/do', HIGH_TARGET], { PKG_CACHE_URL: cache })
    bob.trust({ alice: alice.key, mallory })
    const challenge = (env: Readonly<Record<string, string>>) =>
      bob.run(['bin/coolports', '-C', bob.tree.root, 'challenge', 'high'], env)
    const page = challenge(ofAlice())
    expect(page.said).toContain('in the store, not known to be built here')
    expect(page.said).toContain('  mallory, the store\n')
    expect(page.said).toContain('mallory')
    expect(page.status).toBe(1)
    // What was said then is no answer of today.
    rmSync(join(cache, recordName(alice.hash, mallory.public.id)))
    expect(challenge({ PKG_CACHE_URL: cache })).toMatchObject({
      status: 2,
      said: expect.stringContaining('no cache says anything about it'),
    })
  })

  test('a quorum of two takes what both signed, by an option of build-packages-ifchange', async () => {
    const carol = makeKey().key
    await publishAs(carol, 'the truth')
    bob.trust({ alice: alice.key })
    const build = (...words: readonly string[]) =>
      bob.run(['bin/build-packages-ifchange', '--no-test', ...words, 'high'], {
        PKG_CACHE_URL: `${cache} ${alice.folder}`,
        PKG_FORCE_BINARY: 'yes',
      })
    const alone = build('--quorum', '2')
    expect(alone.status).not.toBe(0)
    expect(alone.said).toContain('a record by "alice", where 2 builders are wanted')
    bob.trust({ alice: alice.key, carol })
    const together = build('--quorum=2')
    expect(together.said).toMatch(/signed by (alice, carol|carol, alice)/)
    expect(together.status).toBe(0)
  })

  test('where nothing may be built nothing is tested: a test needs more than the package', async () => {
    const high = manifest({
      buildDeps: "['seed', 'low']",
      runDeps: "['low']",
      build: 'sh`mkdir "$DESTDIR/share"; cp /share/low "$DESTDIR/share/high"`',
      test: 'sh`test -e /share/high`',
    })
    bob = await User.of({ low: LOW, high })
    bob.trust({ alice: alice.key })
    const taken = bob.run(['bin/build-packages-ifchange', 'high'], { ...ofAlice(), PKG_FORCE_BINARY: 'yes' })
    expect([taken.status, taken.said]).toEqual([0, expect.stringContaining('signed by alice')])
    expect(await built()).toEqual(right())
  })

  test('a spot check builds it all the same, fails, and does not believe it later either', async () => {
    const mallory = makeKey().key
    await publishAs(mallory, 'a lie')
    bob.trust({ mallory })
    const caught = bob.run(['bin/do', HIGH_TARGET], { PKG_CACHE_URL: cache, PKG_CACHE_SPOT_CHECK: '100%' })
    expect(caught.status).not.toBe(0)
    expect(caught.said).toContain('THIS BUILD OF THE SAME KEY CAME OUT DIFFERENT')
    expect(caught.said).toContain('"mallory"')
    const again = bob.must(['bin/do', HIGH_TARGET], { PKG_CACHE_URL: cache })
    expect(again).toContain('a build here came out otherwise than mallory signed')
    expect(await built()).toEqual(right())
  })

  test('a spot check of what is true builds it, and is content', async () => {
    bob.trust({ alice: alice.key })
    const said = bob.must(['bin/do', HIGH_TARGET], { ...ofAlice(), PKG_CACHE_SPOT_CHECK: '100%' })
    expect(said).toContain('spot check of high-1.0-1: it is built')
    expect(said).toContain('built high-1.0-1')
    expect(readdirSync(join(bob.tree.root, '.store/spot-checks'))).toEqual([])
  })
})

test('a setting that is not understood ends the run, for it decides what is believed', () => {
  const { status, said } = bob.run(['bin/do', HIGH_TARGET], { ...ofAlice(), PKG_CACHE_QUORUM: 'two' })
  expect(status).not.toBe(0)
  expect(said).toContain('cannot use $PKG_CACHE_QUORUM: "two" is not a number of builders above 0')
})

test('PKG_FORCE_BINARY without a cache is a clear refusal', () => {
  const { status, said } = bob.run(['bin/do', HIGH_TARGET], { PKG_FORCE_BINARY: 'yes' })
  expect(status).toBe(1)
  expect(said).toContain('cannot have high-1.0-1: PKG_FORCE_BINARY forbids to build it')
  expect(said).toContain('name caches in PKG_CACHE_URL')
})
