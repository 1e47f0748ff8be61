import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openJobserver, soloFlags } from '../../../helpers/sandbox/jobserver.ts'
import { Workshop } from '../build/workshop.ts'

describe('openJobserver()', () => {
  test('takes no notice of descriptors that are closed or no pipes', () => {
    const fd = openSync('/dev/null', 'r')
    expect(openJobserver({ kind: 'pipe', read: fd, write: fd }, {})).toBeUndefined()
    closeSync(fd)
    expect(openJobserver({ kind: 'pipe', read: 987, write: 988 }, {})).toBeUndefined()
    expect(openJobserver({ kind: 'fifo', path: '/dev/null' }, {})).toBeUndefined()
    expect(openJobserver({ kind: 'fifo', path: '/nowhere/fifo' }, {})).toBeUndefined()
  })
})

test('soloFlags() is serial unless COOLPORTS_JOBS is a number', () => {
  expect(soloFlags({})).toBeUndefined()
  expect(soloFlags({ COOLPORTS_JOBS: '4' })).toBe(' -j4')
  expect(soloFlags({ COOLPORTS_JOBS: '4; rm' })).toBeUndefined()
})

describe('a build', () => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await Workshop.open()
    shop.closure('jobs', 'base')
  })
  afterAll(() => shop.close())

  const door = resolve('bin/do-build')
  const words = ['--package', 'jobs-1-1', '--closure', '.bclosure', '--out', '.pkg.tar.gz']
  /** Takes both tokens and gives them back. */
  const TAKE =
    'echo "flags$MAKEFLAGS"; read -r -n 2 tokens <&3; echo "tokens $tokens"; printf %s "$tokens" >&4; ls /proc/self/fd | grep -v -e "^[0-4]$" | wc -l'

  const run = (prelude: string, script: string, env: Readonly<Record<string, string>> = {}): string =>
    spawnSync('bash', ['-c', `${prelude} "$0" "$@"`, door, ...words], {
      cwd: shop.folder('jobs'),
      env: { PATH: process.env.PATH, COOLPORTS_STORE: shop.store, COOLPORTS_VERBOSE: '1', ...env },
      input: script,
      encoding: 'utf8',
    }).stderr

  test("takes and gives tokens of a jobserver's pipe, whatever its descriptors are outside, and gets no others", () => {
    const fifo = join(shop.root, 'tokens')
    execFileSync('mkfifo', [fifo])
    const keep = openSync(fifo, 'r+')
    writeSync(keep, 'ab')
    const opened = `exec 7<>'${fifo}' 8>'${fifo}' 9</dev/null 30<>'${fifo}' 200</dev/null;`
    const said = run(opened, TAKE, { MAKEFLAGS: '-j2 --jobserver-auth=7,8' })
    // The one beyond 4 is ls's own.
    expect(said).toContain('flags -j --jobserver-auth=3,4\ntokens ab\n1\n')
    expect(run(opened, TAKE, { MAKEFLAGS: '-j2 --jobserver-auth=30,8' })).toContain('tokens ab\n1\n')
    closeSync(keep)
  })

  test("takes and gives tokens of make's named fifo", () => {
    const fifo = join(mkdtempSync(join(tmpdir(), 'coolports-fifo-')), 'GMfifo1')
    execFileSync('mkfifo', [fifo])
    const keep = openSync(fifo, 'r+')
    writeSync(keep, 'xy')
    expect(run('', TAKE, { MAKEFLAGS: ` -j --jobserver-auth=fifo:${fifo}` })).toContain(
      'flags -j --jobserver-auth=3,4\ntokens xy\n1\n',
    )
    closeSync(keep)
    rmSync(dirname(fifo), { recursive: true })
  })

  test.each(['3,4', '17,19', 'fifo:/nowhere', '4,5', '6,7', '11,12', '15,16'])(
    'is serial and well when the jobserver %s is stale, though node has pipes of such numbers',
    place => {
      const script = 'echo "flags${MAKEFLAGS-none}"; ls /proc/self/fd | wc -l'
      expect(run('', script, { MAKEFLAGS: `-j --jobserver-auth=${place}` })).toContain('flagsnone\n4\n')
    },
  )

  test('shares the jobs of a real make outside with a real make inside', () => {
    const folder = mkdtempSync(join(shop.root, 'make-'))
    const inner = join(shop.folder('jobs'), 'files')
    mkdirSync(inner)
    writeFileSync(join(inner, 'Makefile'), 'all: 1 2 3\n1 2 3:\n\t@echo start; sleep 1; echo end\n')
    writeFileSync(join(shop.folder('jobs'), '.none'), '')
    const hosts = ['/usr', '/bin', '/lib', '/lib64'].map(path => `--host ${path}`).join(' ')
    writeFileSync(join(folder, 'script'), 'make -f /files/Makefile\n')
    symlinkSync(door, join(folder, 'door'))
    writeFileSync(
      join(folder, 'Makefile'),
      `all:\n\t+@cd '${shop.folder('jobs')}' && '${door}' --package jobs-1-1 --closure .none --files files ${hosts} --out .x <'${folder}/script'\n`,
    )
    const made = (jobs: string): string =>
      spawnSync('make', [jobs], {
        cwd: folder,
        env: { PATH: process.env.PATH, COOLPORTS_STORE: shop.store, COOLPORTS_VERBOSE: '1' },
        encoding: 'utf8',
      }).stderr
    expect(made('-j3')).toContain('start\nstart\nstart\nend\nend\nend\n')
    expect(made('-j1')).toContain('start\nend\nstart\nend\nstart\nend\n')
    expect(readFileSync(join(shop.folder('jobs'), '.x')).length).toBeGreaterThan(0)
  })
})
