import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { serve } from '../../helpers/fetch/support.ts'
import { manifest, Tree } from '../../support/tree.ts'
import { coolports } from '../support.ts'

beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, '')
})

afterEach(() => vi.unstubAllEnvs())

const listing = (url: string, pattern: string, version = '1.9'): string =>
  manifest({
    version: `'${version}'`,
    update: `{ kind: 'listing', url: ${JSON.stringify(url)}, pattern: ${JSON.stringify(pattern)} }`,
  })

const tags = (url: string, pattern: string): string =>
  listing(url, pattern, '1.0').replace("kind: 'listing'", "kind: 'git-tags'")

const treeOf = (packages: Readonly<Record<string, string>>): Tree =>
  new Tree(
    Object.fromEntries(Object.entries(packages).map(([name, text]) => [`pkg/${name}/package.ts`, text])),
  )

/** A server that has one page. */
const page = (text: string) => serve((_, response) => response.end(text))

describe('a listing', () => {
  test('tells of a newer version; who has the newest, or is ahead, is not named', async () => {
    const { url, asked } = await page(
      '<a href="x-1.9.tar.gz">x-1.9.tar.gz</a> <a href="x-1.10.tar.xz">x-1.10…</a> y-2.0.tar.gz',
    )
    const tree = treeOf({
      x: listing(url, 'x-([0-9.]+)\\.tar'),
      y: listing(url, 'y-([0-9.]+)\\.tar', '2.0'),
      z: listing(url, 'y-([0-9.]+)\\.tar', '2.1'),
      fixed: manifest({ update: "{ kind: 'fixed', why: 'a fork' }" }),
    })
    expect(await coolports(tree, 'outdated')).toEqual({
      status: 1,
      out: `x  1.9 -> 1.10  ${url}\n`,
      err: '',
    })
    expect(asked.length, 'one page is asked for once').toBe(1)
    expect(await coolports(tree, 'outdated', 'y', 'z', 'fixed')).toEqual({ status: 0, out: '', err: '' })
    const { out } = await coolports(tree, 'outdated', '--json', 'x', 'fixed')
    expect(JSON.parse(out)).toEqual([
      { name: 'fixed', version: '1.0', newest: null, outdated: false, url: null, why: 'a fork' },
      { name: 'x', version: '1.9', newest: '1.10', outdated: true, url, why: null },
    ])
  })

  test('may write its links as urls do', async () => {
    const { url } = await page('<a href="x%2B%2B-2.0.tar.gz">')
    const { out } = await coolports(treeOf({ x: listing(url, 'x\\+\\+-([0-9.]+)\\.tar') }), 'outdated')
    expect(out).toBe(`x  1.9 -> 2.0  ${url}\n`)
  })

  test('that cannot be had, or holds no version, is told, and hides no other answer', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/good') response.end('x-2.0.tar.gz')
      else if (request.url === '/other') response.end('no such thing')
      else response.writeHead(404).end('x-9.9.tar.gz')
    })
    const pattern = 'x-([0-9.]+)\\.tar'
    const tree = treeOf({
      a: listing(`${url}/good`, pattern),
      b: listing(`${url}/gone`, pattern),
      c: listing(`${url}/other`, pattern),
      d: listing('http://127.0.0.1:1/', pattern),
      e: listing('file:///etc/passwd', '(.+)'),
    })
    const { status, out, err } = await coolports(tree, 'outdated')
    expect({ status, out }).toEqual({ status: 2, out: `a  1.9 -> 2.0  ${url}/good\n` })
    expect(err.split('\n')).toEqual([
      `coolports: cannot tell the newest version of b: "${url}/gone" gave HTTP 404 (not found)`,
      `coolports: cannot tell the newest version of c: "${url}/other" has nothing that the pattern fits`,
      expect.stringContaining('"http://127.0.0.1:1/" gave no answer: the connection was refused'),
      'coolports: cannot tell the newest version of e: "file:///etc/passwd" gave nothing: file: urls are not supported',
      '',
    ])
  })

  test('cannot command the terminal', async () => {
    const { url } = await page('x-2.0\x1b[2J\u202e.tar')
    const tree = treeOf({ x: listing(url, 'x-(.+)\\.tar') })
    const { out } = await coolports(tree, 'outdated')
    expect(out).toBe(`x  1.9 -> "2.0\\u001b[2J\\u202e"  ${url}\n`)
  })
})

describe('tags', () => {
  /** A repository with these tags, as a plain web server has it. */
  async function repository(...names: readonly string[]): Promise<string> {
    const folder = join(new Tree().root, 'repository')
    mkdirSync(folder)
    const git = (...words: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@example.org', ...words], { cwd: folder })
    git('init', '-q', '--bare')
    const commit = git('commit-tree', '-m', 'x', `${git('mktree', '--missing')}`.trim())
    for (const name of names) git('tag', '-a', '-m', 'x', name, `${commit}`.trim())
    git('update-server-info')
    const { url } = await serve((request, response) => {
      try {
        response.end(readFileSync(join(folder, new URL(request.url ?? '/', 'http://x').pathname)))
      } catch {
        response.writeHead(404).end()
      }
    })
    return url
  }

  test('are read from a repository', async () => {
    const url = await repository('v1.0', 'v1.2', 'v1.11', 'v2.0-rc1', 'other-9')
    const { status, out, err } = await coolports(treeOf({ x: tags(url, '^v([0-9.]+)$') }), 'outdated')
    expect({ status, out, err }).toEqual({ status: 1, out: `x  1.0 -> 1.11  ${url}\n`, err: '' })
  })

  test('of a repository that is none, or on this machine, are not known', async () => {
    const { url } = await serve((_, response) => response.writeHead(404).end())
    const tree = treeOf({ x: tags(url, '^v([0-9.]+)$'), y: tags('file:///', '^v([0-9.]+)$') })
    const { status, err } = await coolports(tree, 'outdated')
    expect(status).toBe(2)
    expect(err).toMatch(/newest version of x: .* gave nothing: git says "fatal: repository .* not found/)
    expect(err).toMatch(
      /newest version of y: .* gave nothing: git says "fatal: transport 'file' not allowed"/,
    )
  })
})
