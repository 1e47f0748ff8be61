import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import { checkout } from '../support/checkout.ts'

const repository = resolve(import.meta.dirname, '../..')

describe('the seed', () => {
  const { root, remove } = checkout('seed')
  afterAll(remove)

  const run = (program: string, ...args: readonly string[]) =>
    spawnSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })

  beforeAll(() => {
    expect(run('bin/build-packages-ifchange', '--no-test', 'seed').status).toBe(0)
  }, 10 * 60_000)

  test('is one file of the tree, named by the digest that its manifest pins', () => {
    const [pinned] =
      /sha256: '([0-9a-f]{64})'/
        .exec(readFileSync(join(repository, 'pkg/seed/package.ts'), 'utf8'))
        ?.slice(1) ?? []
    const files = readdirSync(join(repository, 'mirrors/files')).filter(file => file.endsWith('.tar.xz'))
    expect(files).toEqual([`${pinned}.tar.xz`])
    expect(sha256(readFileSync(join(repository, 'mirrors/files', files[0] ?? '')))).toBe(pinned)
  })

  test('holds a toolchain and a base, and nothing of a host', () => {
    const held = JSON.parse(run('bin/coolports', 'files', 'seed', '--json').stdout) as {
      readonly path: string
      readonly kind: string
    }[]
    const programs = new Set(held.flatMap(({ path }) => /^bin\/([^/]+)$/.exec(path)?.[1] ?? []))
    const wanted = 'gcc g++ cc as ld ar make sh ls cp sed grep awk diff find xargs patch tar gzip bzip2 xz m4'
    expect(wanted.split(' ').filter(name => !programs.has(name))).toEqual([])
    expect([...new Set(held.map(({ path }) => path.split('/')[0]))].sort()).toEqual([
      'bin',
      'include',
      'lib',
      'libexec',
      'x86_64-linux-musl',
    ])
  })

  test('compiles and runs C and C++, and each of its programs is static', { timeout: 10 * 60_000 }, () => {
    const tested = run('bin/do', 'pkg/seed/.test')
    expect(tested.stderr).toContain('tested seed-')
    expect(tested.status).toBe(0)
  })
})

test('no source of a package can be had from one place alone', () => {
  const listed = ['debian', 'http']
    .map(file => readFileSync(join(repository, 'mirrors', file), 'utf8'))
    .join('\n')
  const held = readdirSync(join(repository, 'mirrors/files')).map(file => file.split('.')[0])
  const lists = readdirSync(join(repository, 'pkg')).filter(name =>
    existsSync(join(repository, 'pkg', name, '.fetch')),
  )
  const lonely = lists.flatMap(name =>
    readFileSync(join(repository, 'pkg', name, '.fetch'), 'utf8')
      .split('\n\n')
      .flatMap(block => {
        const digest = /^sha256: (.+)$/m.exec(block)?.[1]
        if (digest === undefined || name === 'seed') return []
        const places = [/^url: /m.test(block), listed.includes(digest) || held.includes(digest)]
        return places.every(Boolean) ? [] : [`${name} ${digest}`]
      }),
  )
  expect(lists).toContain('gcc')
  expect(lonely).toEqual([])
})
