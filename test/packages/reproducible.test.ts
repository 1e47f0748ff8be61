import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Sha256 } from '../../core/digest.ts'
import { readReproduced, reproducedText } from '../../helpers/reproduce/record.ts'
import { checkout } from '../support/checkout.ts'
import { commands } from '../support/commands.ts'

const PACKAGES = ['make', 'mksh', 'xz', 'zlib']

/** A package that looks at what it should not, as far as the sandbox lets it. */
const LEAKY = `import { definePackage, sh, skip } from 'coolports'

export default definePackage({
  version: '1',
  description: 'Tells where it was built',
  homepage: 'https://example.org',
  license: '0BSD',
  buildDeps: ['seed'],
  build: sh\`
    mkdir "$DESTDIR/share"
    uname -r >"$DESTDIR/share/kernel"
    nproc >"$DESTDIR/share/cores"
    date >"$DESTDIR/share/date"
    date +%Y >"$DESTDIR/share/year"
    { pwd; uname -n; id; umask; echo "$PATH $HOME $LC_ALL $TZ"; } >"$DESTDIR/share/fixed"
  \`,
  check: skip('it is none'),
  test: skip('it is none'),
  update: { kind: 'fixed', why: 'it is a test' },
})
`

/** The folder of the other build, by what was said. */
const keptBy = (stdout: string): string => /^the other packages are in (.+)$/m.exec(stdout)?.[1] ?? ''

// Needs root, to be two users and two hosts.
describe.runIf(process.getuid?.() === 0)('reproduce', () => {
  // All that a shell, make, a pattern or a url may take for something else.
  const { root, remove } = checkout(`it's [one]*, $of "many"; 100%20 &#?`)
  afterAll(remove)

  beforeAll(() => {
    for (let folder = dirname(root); folder.startsWith('/tmp/'); folder = dirname(folder))
      chmodSync(folder, 0o755)
    mkdirSync(join(root, 'pkg/leaky'))
    writeFileSync(join(root, 'pkg/leaky/package.ts'), LEAKY)
  })

  const reproduce = (...args: readonly string[]) =>
    spawnSync('bin/reproduce', args, { cwd: root, encoding: 'utf8' })

  test('the same bytes come of another path, user, umask, locale, time zone, host, kernel release, clock and number of jobs', {
    timeout: 30 * 60_000,
  }, () => {
    const record = join(root, 'reproducible.rec')
    const { status, stdout, stderr } = reproduce('-j2', ...PACKAGES, '--record', record)
    expect(
      stdout
        .replace(/[0-9a-f]{64}/g, 'DIGEST')
        .split('\n')
        .slice(0, -1),
    ).toEqual(PACKAGES.map(name => `the same, sha256 DIGEST  ${name}`))
    expect(status).toBe(0)
    const varied = spawnSync('recsel', ['-C', '-e', 'package = "make"', '-P', 'varied', record], {
      encoding: 'utf8',
    }).stdout
    for (const what of [
      'path of the checkout',
      'user',
      'umask',
      'locale',
      'name of the host',
      'jobs',
      'clock',
    ]) {
      expect(stderr).toMatch(new RegExp(`^${what}: .+ here, .+ there$`, 'm'))
      expect(varied.trim().split(', ')).toContain(what)
    }
    const recorded = spawnSync('recsel', ['-C', '-P', 'package', record], { encoding: 'utf8' }).stdout
    expect(recorded.trim().split('\n')).toEqual(PACKAGES)
  })

  test('a package that is another elsewhere is named, with its files and why', {
    timeout: 10 * 60_000,
  }, () => {
    const record = join(root, 'before.rec')
    const digest = '1'.repeat(64) as Sha256
    const of = (name: string) => ({ package: name, pkghash: digest, sha256: digest, varied: [] })
    writeFileSync(record, reproducedText([of('leaky'), of('other')]))
    const { status, stdout } = reproduce('-j2', 'leaky', 'clock-shift', '--record', record)
    expect(status).toBe(1)
    const recorded = readReproduced(readFileSync(record, 'utf8'))
    expect(recorded.ok && recorded.value.map(one => one.package)).toEqual(['clock-shift', 'other'])
    expect(stdout).toMatch(/^leaky differs: sha256 [0-9a-f]{64} here, [0-9a-f]{64} there$/m)
    expect(stdout).toMatch(
      /^ {2}share\/kernel: differs from byte 0 on; likely the release of the kernel shows$/m,
    )
    expect(stdout).toMatch(/^ {2}share\/date: differs from byte \d+ on; likely a time stamp$/m)
    expect(stdout).toContain('share/cores: differs')
    expect(stdout).not.toContain('share/fixed')
    expect(stdout).toContain('share/year: differs')
    const alone = reproduce('-j2', '--no-clock', 'leaky')
    expect(alone.stderr).not.toMatch(/^clock: /m)
    expect(alone.stdout).toContain('share/date: differs')
    expect(alone.stdout).not.toContain('share/year: differs')
    const kept = keptBy(stdout)
    expect(readFileSync(join(kept, 'pkg/leaky/.pkghash'), 'utf8')).toBe(
      readFileSync(join(root, 'pkg/leaky/.pkghash'), 'utf8'),
    )
    for (const folder of [kept, keptBy(alone.stdout)]) rmSync(dirname(folder), { recursive: true })
  })

  test('a file that holds something else than records is refused before anything is built, and stays', () => {
    const notes = join(root, 'notes.md')
    writeFileSync(notes, '# Notes\n\nof somebody\n')
    const { status, stderr } = reproduce('leaky', '--record', notes)
    expect(stderr).toBe(
      `coolports: cannot record in ${JSON.stringify(notes)}: line 3 is of no record that this command has written\n  name another file\n`,
    )
    expect(status).toBe(2)
    expect(readFileSync(notes, 'utf8')).toBe('# Notes\n\nof somebody\n')
  })

  test.each(['SIGINT', 'SIGKILL'] as const)(
    'leaves nothing in memory, or not for long, after %s',
    async signal => {
      mkdirSync(join(root, 'pkg/slow'), { recursive: true })
      const slow = 'case $(uname -r) in 2.6*) sleep 600 ;; esac'
      writeFileSync(join(root, 'pkg/slow/package.ts'), LEAKY.replace(/sh`.*?`/s, `sh\`${slow}\``))
      const child = spawn('bin/reproduce', ['-j2', 'slow'], {
        cwd: root,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.setEncoding('utf8').on('data', text => {
        said += text
      })
      const ended = new Promise(resolve => child.once('exit', (status, name) => resolve(status ?? name)))
      const there = () => /^path of the checkout: .* here, (.*) there$/m.exec(said)?.[1] ?? ''
      await vi.waitFor(() => {
        expect(there()).not.toBe('')
        expect(said.split(there())[1]).toContain('build slow-1-1')
      }, 120_000)
      expect(existsSync(there())).toBe(true)
      child.kill(signal)
      expect(await ended).toBe(signal === 'SIGINT' ? 130 : signal)
      if (signal === 'SIGKILL') {
        expect(existsSync(there())).toBe(true)
        await vi.waitFor(
          () => expect(commands().filter(words => words.includes(there()))).toEqual([]),
          30_000,
        )
        expect(reproduce('-j2', 'zlib').status).toBe(0)
      }
      expect(existsSync(dirname(there()))).toBe(false)
    },
    300_000,
  )
})
