import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')
const MAIN_JOB = './bin/build-packages-ifchange -j2 ./pkg/{make,mksh,zlib,xz}'

function run(command: string) {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: repository, encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('the first command of the README', () => {
  let first: ReturnType<typeof run>

  beforeAll(() => {
    expect(readFileSync(join(repository, 'README.md'), 'utf8')).toContain(`\n${MAIN_JOB}\n`)
    first = run(MAIN_JOB)
  }, 30 * 60_000)

  test('builds and tests four packages and says where they are', () => {
    expect(first.stderr).not.toContain('cannot')
    expect(first.status).toBe(0)
    expect(first.stdout).toBe(
      ['make', 'mksh', 'zlib', 'xz'].map(name => `pkg/${name}/.pkg.tar.gz\n`).join(''),
    )
    for (const name of ['make', 'mksh', 'zlib', 'xz']) {
      expect(existsSync(join(repository, `pkg/${name}/.pkg.tar.gz`))).toBe(true)
      expect(readFileSync(join(repository, `pkg/${name}/.test`), 'utf8')).toContain('result: ok')
    }
  })

  test('builds nothing when it is run again', () => {
    const again = run(MAIN_JOB)
    expect(again.status).toBe(0)
    expect(again.stderr).toBe('')
    expect(again.stdout).toBe(first.stdout)
  })

  test('builds what GNU tar and gzip can read', () => {
    const list = run('gzip -dc pkg/make/.pkg.tar.gz | tar -tvf -')
    expect(list.status).toBe(0)
    expect(list.stdout).toMatch(/^-rwxr-xr-x 0\/0 +\d+ 2021-01-01 00:00 bin\/make$/m)
  })
})

describe('the seed', () => {
  test('compiles a program in C and one in C++ in a sandbox that holds it alone', () => {
    const { status, stderr } = run('./bin/do pkg/seed/.test')
    expect(stderr).not.toContain('cannot')
    expect(status).toBe(0)
  })

  test('holds no program that needs a library of its own or of the host', () => {
    // A static program has no interpreter (program header of type INTERP).
    const { status, stdout } = run(
      'mkdir -p /tmp/coolports-seed.$$ && gzip -dc pkg/seed/.pkg.tar.gz | tar -C /tmp/coolports-seed.$$ -xf - bin libexec && ' +
        'find /tmp/coolports-seed.$$ -type f -perm -100 -exec sh -c \'for f; do readelf -lW "$f" 2>/dev/null | grep -q INTERP && echo "$f"; done; true\' sh {} +; rm -r /tmp/coolports-seed.$$',
    )
    expect(status).toBe(0)
    expect(stdout).toBe('')
  })
})

test('an image of the seed and of make, unpacked by umoci, runs make and compiles a program', () => {
  const { status, stdout, stderr } = run(
    `set -eu; out=$(mktemp -d); trap 'rm -rf "$out"' EXIT
    bin/coolports export oci make seed --with tmp -o "$out/image"
    umoci unpack --rootless --image "$out/image:latest" "$out/bundle" >&2
    printf '#include <stdio.h>\nint main(void) { puts("compiled"); }\n' >"$out/bundle/rootfs/tmp/x.c"
    printf 'x: x.c\n\t/bin/gcc -o x x.c\n' >"$out/bundle/rootfs/tmp/Makefile"
    for word in --version "-C /tmp"; do unshare -r chroot "$out/bundle/rootfs" /bin/make $word; done
    unshare -r chroot "$out/bundle/rootfs" /tmp/x`,
  )
  expect(stderr).not.toContain('cannot')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^GNU Make 4[\s\S]*\ncompiled\n$/m)
}, 300_000)
