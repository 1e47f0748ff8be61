import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import { checkout } from '../support/checkout.ts'
import { linkPlainCommands } from '../system/machine.ts'

/** The seed put together from the seed alone: minutes of compiling less, and the same bytes. */
const shortcut = (more = ''): string => `import { definePackage, lines, mergeSeed, sh, skip } from 'coolports'
import seed from '../seed/package.ts'

export default definePackage({
  version: '1',
  description: 'The seed once more',
  homepage: 'https://example.org',
  license: seed.license,
  buildDeps: ['seed'],
  build: lines(mergeSeed(), sh\`${more}\`),
  check: skip('it is the seed'),
  test: skip('it is the seed'),
  update: { kind: 'fixed', why: 'it is a test' },
  strip: 'none',
})
`

describe('seed-verify', { timeout: 10 * 60_000 }, () => {
  const { root, remove } = checkout('seed verify')
  afterAll(remove)

  const say = (more?: string) => writeFileSync(join(root, 'pkg/seed-from-tree/package.ts'), shortcut(more))
  const made = join(root, 'pkg/seed-from-tree/.pkg.tar.gz')
  const verify = (...args: readonly string[]) => call('bin/seed-verify', args)
  const call = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    spawnSync(program, args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } })

  test('says that the seed is the same, and states what it was made from', () => {
    say()
    const { status, stdout } = verify('--statement', 'statement.rec')
    expect(stdout).toMatch(/^the same, sha256 [0-9a-f]{64}\n$/)
    expect(status).toBe(0)
    const statement = readFileSync(join(root, 'statement.rec'), 'utf8')
    const digest = stdout.slice(-65, -1)
    expect(statement).toContain(`pinned_sha256: ${digest}\nmade_sha256: ${digest}\nverdict: the same\n`)
    expect([...statement.matchAll(/^package: (.+)$/gm)].map(([, name]) => name)).toEqual([
      'seed',
      'seed-from-tree',
    ])
  })

  test('tells what came of it, too, where the statement cannot be written', () => {
    const { status, stdout, stderr } = verify('--statement', 'no/such/folder.rec')
    expect(stdout).toMatch(/^the same, sha256 [0-9a-f]{64}\n$/)
    expect(stderr).toContain(`cannot write "${join(root, 'no/such/folder.rec')}": there is no such folder`)
    expect(status).toBe(2)
  })

  test('refuses a tier that is damaged, by its name', () => {
    // A file of its own: the store has the good one under another name.
    const good = readFileSync(made)
    rmSync(made)
    writeFileSync(made, good.subarray(0, 1_000_000))
    const { status, stderr } = verify()
    expect(stderr).toContain(
      'cannot verify "pkg/seed-from-tree/.pkg.tar.gz": the archive is damaged: it ends too soon',
    )
    expect(status).toBe(1)
    rmSync(made)
  })

  test('refuses a tier that other rules made, by its name', () => {
    say('echo "from elsewhere" >"$DESTDIR/bin/other"')
    expect(verify().status).toBe(1)
    copyFileSync(made, join(root, 'other.tar.gz'))
    say()
    expect(verify().status).toBe(0)
    rmSync(made)
    copyFileSync(join(root, 'other.tar.gz'), made)
    const { status, stderr } = verify()
    expect(stderr).toContain(
      'cannot trust pkg/seed-from-tree/.pkg.tar.gz: the rules of this tree did not build it',
    )
    expect(status).toBe(1)
    rmSync(made)
  })

  test('builds nothing on a tier that other rules made', () => {
    const part = (text: string) => {
      mkdirSync(join(root, 'pkg/part'), { recursive: true })
      const build = `sh\`echo ${text} >"$DESTDIR/part"\``
      writeFileSync(
        join(root, 'pkg/part/package.ts'),
        shortcut()
          .replace(/build: .*/, `build: ${build},`)
          .replace('lines, mergeSeed, ', ''),
      )
    }
    const file = join(root, 'pkg/part/.pkg.tar.gz')
    const other = join(root, 'other.tar.gz')
    for (const text of ['other', 'right']) {
      part(text)
      expect(call('bin/coolports-gen', []).status).toBe(0)
      expect(call('bin/do', ['pkg/part/.pkg.tar.gz']).status).toBe(0)
      if (text === 'other') copyFileSync(file, other)
    }
    rmSync(file)
    copyFileSync(other, file)
    writeFileSync(
      join(root, 'pkg/seed-from-tree/package.ts'),
      shortcut().replace("['seed']", "['seed', 'part']"),
    )
    const { status, stderr } = verify()
    expect(stderr).toContain(
      'cannot trust pkg/part/.pkg.tar.gz: the rules of this tree did not build it here\n  rm -f pkg/part/.pkg.tar.gz has it built again\n',
    )
    expect(stderr).not.toContain('build seed-from-tree')
    expect(status).toBe(1)
    rmSync(join(root, 'pkg/part'), { recursive: true })
  })

  test('takes nothing from a package cache, and refuses what came from one', () => {
    say()
    const env = { HOME: join(root, 'home'), PKG_CACHE_URL: pathToFileURL(join(root, 'packages')).href }
    const key = call('bin/coolports', ['cache', 'key'], env).stdout.trim()
    expect(call('bin/coolports', ['trust', 'add', key, '--name', 'me'], env).status).toBe(0)
    const names = ['seed', 'seed-from-tree']
    expect(call('bin/add-to-package-cache', ['-o', 'packages', ...names], env).status).toBe(0)

    // A tree and a store in which nothing was built.
    const store = join(root, '.store')
    for (const folder of ['packages', 'contents'])
      rmSync(join(store, folder), { recursive: true, force: true })
    const files = names.map(name => `pkg/${name}/.pkg.tar.gz`)
    for (const file of files) rmSync(join(root, file))
    const fromCache = call('bin/do', ['pkg/seed/.pkg.tar.gz'], env)
    expect(fromCache.stderr).toContain('signed by me')
    const refused = call('bin/seed-verify', [], env)
    const remedy = /^ {2}(rm -f pkg\/seed\/.*) has it built again$/m.exec(refused.stderr)?.[1] ?? 'false'
    expect(refused.stderr).toContain(
      'cannot trust pkg/seed/.pkg.tar.gz: the rules of this tree did not build it here\n',
    )
    expect(refused.status).toBe(1)
    expect(call('sh', ['-c', remedy]).status).toBe(0)
    const { status, stdout, stderr } = call('bin/seed-verify', [], env)
    expect(stdout).toMatch(/^the same, sha256 [0-9a-f]{64}\n$/)
    expect(stderr).not.toContain('signed by')
    expect(status).toBe(0)
  })

  test('names the files that differ, their first bytes and the likely cause', () => {
    say('sed -i "1s|^#!/bin/sh|#!/usr/local/bin/sh|" "$DESTDIR/bin/zgrep"')
    const { status, stdout } = verify()
    expect(stdout).toMatch(
      /^it differs: sha256 [0-9a-f]{64} is pinned, [0-9a-f]{64} was made\n {2}bin\/zgrep: differs from byte 3 on; likely a path of the build shows\n {4}first {2}62 69 .*\n {4}second 75 73 /,
    )
    expect(status).toBe(1)
  })

  test('refuses a seed with another digest than the manifest pins', () => {
    const manifest = join(root, 'pkg/seed/package.ts')
    const text = readFileSync(manifest, 'utf8')
    writeFileSync(manifest, text.replace(/sha256: '[0-9a-f]{64}'/, `sha256: '${'0'.repeat(64)}'`))
    const { status, stderr } = verify()
    expect(stderr).toContain('0'.repeat(64))
    expect(status).toBe(1)
    writeFileSync(manifest, text)
  })

  test.runIf(existsSync('/usr/bin/g++'))(
    'states the compiler that a sandbox sees, whatever stands first on PATH',
    () => {
      writeFileSync(join(root, 'pkg/seed-from-host/package.ts'), shortcut())
      const bin = join(root, 'wrappers')
      mkdirSync(bin)
      writeFileSync(join(bin, 'gcc'), '#!/bin/sh\necho "gcc (none) 99"\n', { mode: 0o755 })
      const env = { PATH: `${bin}:${process.env.PATH}` }
      const args = ['--from', 'host', '--statement', 'statement.rec']
      expect(call('bin/seed-verify', args, env).status).toBe(0)
      const statement = readFileSync(join(root, 'statement.rec'), 'utf8')
      const digest = sha256(readFileSync('/usr/bin/gcc'))
      expect(statement).toMatch(
        new RegExp(`^compiler: gcc: (?!gcc \\(none\\)).*\ncompiler_sha256: ${digest} `, 'm'),
      )
    },
  )

  test.skipIf(existsSync('/usr/bin/clang-14'))('names the package of a compiler that is missing', () => {
    const bin = join(root, 'few programs')
    linkPlainCommands(bin)
    const { status, stderr } = spawnSync('bin/seed-verify', ['--from', 'host', '--cc', 'clang'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH: bin },
    })
    expect(stderr).toContain(
      'coolports: cannot make the seed from this host by clang: clang-14 is neither in /bin nor in /usr/bin\n  on Debian: apt-get install clang-14 g++',
    )
    expect(status).toBe(2)
  })
})
