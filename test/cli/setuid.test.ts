import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import type { Entry } from '../../helpers/tar/entry.ts'
import { packMembers } from '../../helpers/tar/pack.ts'
import { type Files, type Good, honest, publishGood } from '../helpers/cache/good.ts'
import { User } from '../support/cached-tree.ts'
import { mustRun, run, smallTree } from '../support/small-tree.ts'
import { manifest, type Tree } from '../support/tree.ts'
import { coolports } from './support.ts'

const build = 'sh`mkdir "$DESTDIR/bin"; cp /bin/busybox "$DESTDIR/bin/su"; cp /bin/busybox "$DESTDIR/bin/ls"`'
const login = (setuid: string): string =>
  manifest({
    buildDeps: "['seed']",
    build,
    setuid,
    strip: "'none'",
    test: 'sh`test -u /bin/su; test ! -u /bin/ls`',
  })

let tree: Tree
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'setuid-'))
  tree = smallTree({ login: login("['bin/su']"), lost: login("['bin/su', 'sbin/su']") })
  mustRun(tree, ['bin/build-packages-ifchange', 'login'])
  // Else it would be gone after the first test.
  renameSync(tree.root, join(folder, 'tree'))
  Object.assign(tree, { root: join(folder, 'tree') })
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const ours = (...words: readonly string[]): string => mustRun(tree, ['bin/coolports', '-C', '.', ...words])

const modeOf = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8)

describe('a package with a set-uid file', () => {
  test('is built with it and nothing else set-uid, and its listing says so', () => {
    expect(ours('files', 'login')).toMatch(/^-rwsr-xr-x +\d+ \/?bin\/su$/m)
    expect(ours('files', 'login')).toMatch(/^-rwxr-xr-x +\d+ \/?bin\/ls$/m)
    expect(ours('show', 'login')).toMatch(/^ +setuid +bin\/su$/m)
    expect(ours('cache', 'verify')).toContain(' read, 0 damaged\n')
  })

  test('is refused when a file of its list is not there, and nothing is left', () => {
    const { status, said } = run(tree, ['bin/build-packages-ifchange', 'lost'])
    expect(status).not.toBe(0)
    expect(said).toContain(
      'do-build: cannot pack lost-1.0-1: what is to be set-uid cannot be: it does not exist\n  setuid "sbin/su"\n',
    )
    expect(existsSync(join(tree.root, 'pkg/lost/.pkg.tar.gz'))).toBe(false)
  })

  test("lends nobody rights from a venv: there it is its owner's alone, and works", () => {
    mustRun(tree, ['bin/venv', '-o', join(folder, 'venv'), 'login'])
    const listed = mustRun(tree, [join(folder, 'venv/bin/venv-run'), '/bin/ls', '-l', '/bin/su'])
    expect(listed).toMatch(/^-rws------ /)
  })

  test('brings it into a tar and into images', () => {
    const out = (name: string): string => join(folder, name)
    ours('export', 'tar', 'login', '-o', out('x.tar'))
    ours('export', 'oci', 'login', '-o', out('x.oci'), '--name', 'login')
    ours('export', 'docker', 'login', '-o', out('x.docker.tar'))
    const root = out('unpacked')
    mkdirSync(root)
    execFileSync('tar', ['-xpf', out('x.tar'), '-C', root])
    mustRun(tree, ['umoci', 'unpack', '--image', `${out('x.oci')}:latest`, out('bundle')])
    for (const one of [root, out('bundle/rootfs')]) {
      expect(modeOf(join(one, 'bin/su'))).toBe('4755')
      expect(modeOf(join(one, 'bin/ls'))).toBe('755')
    }
    mustRun(tree, ['skopeo', 'copy', `docker-archive:${out('x.docker.tar')}`, `oci:${out('back')}:latest`])
    mustRun(tree, ['umoci', 'unpack', '--image', `${out('back')}:latest`, out('back-bundle')])
    expect(modeOf(out('back-bundle/rootfs/bin/su'))).toBe('4755')
  })

  test('is installed with it by root, and verify misses it', () => {
    const root = join(folder, 'root')
    ours('install', '--root', root, 'login')
    expect(modeOf(join(root, 'bin/su'))).toBe('4755')
    expect(ours('files', '--root', root, 'login')).toContain('-rwsr-xr-x')
    ours('verify', '--root', root)
    execFileSync('chmod', ['u-s', join(root, 'bin/su')])
    const verified = run(tree, ['bin/coolports', '-C', '.', 'verify', '--root', root])
    expect(verified).toEqual({ status: 1, said: 'mode          login  bin/su\n' })
  })
})

test('is an ordinary program where another user than root installs it, who is told', async () => {
  const root = join(folder, 'root of a user')
  vi.spyOn(process, 'getuid').mockReturnValue(1000)
  const { status, err } = await coolports(tree, 'install', '--root', root, 'login')
  vi.mocked(process.getuid as () => number).mockRestore()
  expect(status).toBe(0)
  expect(err).toContain('coolports: login: bin/su is not set-uid: only root installs it so\n')
  expect(modeOf(join(root, 'bin/su'))).toBe('755')
  expect((await coolports(tree, 'verify', '--root', root)).status).toBe(0)
})

describe('a package cache', () => {
  let good: Good
  let bob: User
  const packages = { login: login("['bin/su']") }
  beforeAll(async () => {
    good = await publishGood(join(folder, 'cache'), packages, 'login')
  }, 60_000)
  beforeEach(async () => {
    bob = await User.of(packages)
    bob.trust({ alice: good.key })
  })

  /** Has bob take the package from a cache that holds these files. */
  function taken(name: string, files: Files): string {
    const cache = join(folder, name.replaceAll(' ', '-'))
    mkdirSync(cache)
    for (const [path, bytes] of Object.entries(files)) writeFileSync(join(cache, path), bytes)
    return bob.run(['bin/build-packages-ifchange', 'login'], {
      PKG_CACHE_URL: cache,
      PKG_FORCE_BINARY: 'yes',
    }).said
  }

  test('gives a package with the set-uid file that its key names', () => {
    expect(taken('honest', honest(good))).toMatch(/^reuse [0-9a-f]{12} login-1.0-1 from /m)
    expect(bob.coolports('files', 'login')).toContain('-rwsr-xr-x')
  })

  test.each([
    ['another set-uid file', { su: 0o4755, ls: 0o4755 }, '"bin/ls": it has a set-id bit that the key'],
    ['a set-gid file', { su: 0o6755, ls: 0o755 }, '"bin/su": it has a set-id bit that the key'],
    ['no set-uid file', { su: 0o755, ls: 0o755 }, '"bin/su": the key of its package calls it set-uid'],
  ])('that has %s in it is not believed, though the signature is right', async (what, modes, why) => {
    const file = join(folder, `${what}.tar.gz`)
    const entries: Entry[] = [
      { kind: 'directory', path: 'bin' },
      { kind: 'file', path: 'bin/ls', mode: modes.ls, size: 0 },
      { kind: 'file', path: 'bin/su', mode: modes.su, size: 0 },
    ]
    const packed = await packMembers(
      entries.map(entry => ({ entry, from: Buffer.alloc(0) })),
      file,
    )
    if (!packed.ok) throw new Error(JSON.stringify(packed.error))
    const body = readFileSync(file)
    const record = { ...good.record, tar: packed.value.digest, gz: sha256(body), size: body.length }
    const said = taken(what, honest({ ...good, record, body }))
    expect(said).toContain(why)
    expect(said).toContain('PKG_FORCE_BINARY forbids to build it')
    expect(existsSync(join(bob.tree.root, 'pkg/login/.pkg.tar.gz'))).toBe(false)
  })
})
