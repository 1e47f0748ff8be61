import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { checkout } from '../support/checkout.ts'

const PACKAGES = ['make', 'mksh', 'xz', 'zlib']
const USER = 12345

interface Builder {
  readonly checkout: string
  readonly hostname: string
  readonly umask: string
  readonly user?: number
  readonly jobs: number
  readonly env: Readonly<Record<string, string>>
}

const one: Builder = {
  checkout: 'one',
  hostname: 'one',
  umask: '022',
  jobs: 1,
  env: { LC_ALL: 'C', TZ: 'UTC' },
}
const other: Builder = {
  checkout: 'another/path with spaces, and longer',
  hostname: 'other.example',
  umask: '077',
  user: USER,
  jobs: 2,
  env: {
    LC_ALL: 'de_DE.UTF-8',
    LANG: 'de_DE.UTF-8',
    TZ: 'Asia/Tokyo',
    SOURCE_DATE_EPOCH: '1',
    CFLAGS: '-O0',
    MAKEFLAGS: '',
  },
}

/** The digests of the packages' tars, as this builder makes them. */
function build({
  checkout: path,
  hostname,
  umask,
  user,
  jobs,
  env,
}: Builder): Readonly<Record<string, string>> {
  const { root, remove } = checkout(path)
  try {
    for (let folder = dirname(root); folder.startsWith('/tmp/'); folder = dirname(folder))
      chmodSync(folder, 0o755)
    const as = user === undefined ? '' : `setpriv --reuid ${user} --regid ${user} --clear-groups`
    if (user !== undefined) spawnSync('chown', ['-R', `${user}:${user}`, root])
    const targets = PACKAGES.map(name => `pkg/${name}/.tarhash`).join(' ')
    const script = `hostname ${hostname}; umask ${umask}; exec ${as} sh -c './bin/build-packages-ifchange -j${jobs} ${PACKAGES.join(' ')} && ./bin/do ${targets}'`
    const ran = spawnSync('unshare', ['--uts', 'sh', '-c', script], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env.PATH ?? '', HOME: root, ...env },
    })
    expect(ran.stderr).toContain('tested xz-')
    expect(ran.status).toBe(0)
    return Object.fromEntries(
      PACKAGES.map(name => [name, readFileSync(join(root, `pkg/${name}/.tarhash`), 'utf8')]),
    )
  } finally {
    remove()
  }
}

// Needs root, to be two users and two hosts.
test.runIf(process.getuid?.() === 0)(
  'two checkouts, by root and by an ordinary user, with other paths, umasks, locales, time zones, hosts and jobs, make the same bytes',
  { timeout: 30 * 60_000 },
  () => {
    expect(build(other)).toEqual(build(one))
  },
)
