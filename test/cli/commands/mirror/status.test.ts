import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../../../core/digest.ts'
import { BODY, DIGEST, serve, whole } from '../../../helpers/fetch/support.ts'
import { manifest, Tree } from '../../../support/tree.ts'
import { coolports } from '../../support.ts'

beforeEach(() => {
  vi.stubEnv('COOLPORTS_DEBIAN_MIRRORS', '')
  for (const name of ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, '')
})

afterEach(() => vi.unstubAllEnvs())

const source = (urls: readonly string[], digest: string = DIGEST, file = 'x-1.tar.gz'): string =>
  `[{ file: '${file}', urls: ${JSON.stringify(urls)}, sha256: '${digest}' }]`

const treeWith = (...urls: readonly string[]): Tree =>
  new Tree({ 'pkg/x/package.ts': manifest({ sources: source(urls) }), 'mirrors/http': '' })

interface Told {
  readonly file: string
  readonly packages: readonly string[]
  readonly owners: readonly string[]
  readonly places: readonly { readonly at: string; readonly has: boolean; readonly why: string | null }[]
}

async function status(
  tree: Tree,
  ...words: readonly string[]
): Promise<{ status: number | null; told: Told }> {
  const said = await coolports(tree, 'mirror', 'status', '--json', ...words)
  return { status: said.status, told: JSON.parse(said.out)[0] }
}

/** The same machine under another name, as another host would be. */
const otherName = (url: string): string => url.replace('127.0.0.1', 'localhost')

describe('mirror status', () => {
  test('is content with two hosts, and fetches no more than a byte', async () => {
    const { url, asked } = await serve((request, response) => {
      expect(request.headers.range).toBe('bytes=0-0')
      response.writeHead(206, { 'content-range': `bytes 0-0/${BODY.length}` }).end('x')
    })
    const tree = treeWith(`${url}/a`, otherName(`${url}/a`))
    const { status: code, out, err } = await coolports(tree, 'mirror', 'status')
    expect({ code, out, err }).toEqual({ code: 0, out: '  2  x-1.tar.gz  127.0.0.1, localhost\n', err: '' })
    expect(asked.length).toBe(2)
    expect((await status(tree, '--at-least', '3')).status).toBe(1)
  })

  test('counts one host once, and tells why others do not count', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/good') return whole()(request, response)
      response.writeHead(404).end()
    })
    const tree = treeWith(`${url}/good`, `${url}/good?again`, otherName(`${url}/bad`))
    const { status: code, out, err } = await coolports(tree, 'mirror', 'status', 'x')
    expect(code).toBe(1)
    expect(out).toContain('  1  x-1.tar.gz  127.0.0.1\n')
    expect(out).toContain(`${otherName(url)}/bad: HTTP 404 (not found)\n`)
    expect(err).toContain('cannot count on 1 of 1 sources: they can be had in fewer than 2 places')
  })

  test('does not believe a file of another length than the store has', async () => {
    const { url } = await serve((request, response) => {
      const there = request.url === '/same' ? BODY : Buffer.concat([BODY, BODY])
      response.writeHead(206, { 'content-range': `bytes 0-0/${there.length}` }).end('x')
    })
    const tree = treeWith(`${url}/same`, otherName(`${url}/other`))
    expect((await status(tree)).told.owners).toEqual(['127.0.0.1', 'localhost'])
    const store = join(tree.root, 'store')
    vi.stubEnv('COOLPORTS_STORE', store)
    mkdirSync(join(store, 'distfiles'), { recursive: true })
    writeFileSync(join(store, 'distfiles', DIGEST), BODY)
    const { told } = await status(tree)
    expect(told.owners).toEqual(['127.0.0.1'])
    expect(told.places.map(({ why }) => why)).toEqual([
      null,
      `another size: ${2 * BODY.length} bytes instead of ${BODY.length}`,
    ])
  })

  test('does not believe a page, an empty file, a redirect to file:, or a server that is dead', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/page') response.writeHead(200, { 'content-type': 'text/html' }).end('not found')
      else if (request.url === '/empty') response.writeHead(200, { 'content-length': 0 }).end()
      else if (request.url === '/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end()
      else response.destroy()
    })
    const tree = treeWith(`${url}/page`, `${url}/empty`, `${url}/file`, `${url}/dead`, 'http://127.0.0.1:1/x')
    const { told } = await status(tree)
    expect(told.owners).toEqual([])
    expect(told.places.map(({ why }) => why)).toEqual([
      'it answers with a page, not with a file',
      'what it has is empty',
      'a redirect that is refused: to "file:///etc/passwd"',
      expect.stringMatching(/^no answer: /),
      'no answer: the connection was refused',
    ])
  })

  test('reads what is at hand, and believes its digest alone', async () => {
    const tree = treeWith(
      `file:///nowhere/x`,
      `file://${join('/tmp', 'coolports-no-such-file')}`,
      'file:///a%2Fb',
      'file:///a%zz',
    )
    tree.write(`mirrors/files/${DIGEST}.tar.gz`, 'another')
    expect((await status(tree)).told.places.map(({ why }) => why)).toEqual([
      expect.stringMatching(/^its sha256 is /),
      'there is no such file',
      'there is no such file',
      'it cannot be read: ERR_INVALID_FILE_URL_PATH',
      'it cannot be read: URI malformed',
    ])
    writeFileSync(join(tree.root, `mirrors/files/${DIGEST}.tar.gz`), BODY)
    expect((await status(tree)).told.owners).toEqual(['this tree'])
  })

  test('is content with a source that lies in the tree, as long as that is not damaged', async () => {
    const tree = treeWith('file:///nowhere/x')
    const file = `mirrors/files/${DIGEST}.tar.gz`
    tree.write(file, '')
    writeFileSync(join(tree.root, file), BODY)
    expect(await coolports(tree, 'mirror', 'status')).toMatchObject({
      status: 0,
      out: '  1  x-1.tar.gz  this tree\n',
      err: '',
    })
    tree.write(file, 'another')
    expect((await status(tree)).status).toBe(1)
  })

  test('counts all archives of Debian as one place, and a pattern by its host', async () => {
    const { url } = await serve(whole())
    vi.stubEnv('COOLPORTS_DEBIAN_MIRRORS', `${url}/debian ${otherName(url)}/debian`)
    const tree = treeWith()
    tree.write('pkg/x/package.ts', manifest({ sources: source([`${url}/x`]) }))
    tree.write('mirrors/debian', `sha256: ${DIGEST}\npath: pool/x.tar.gz\n`)
    tree.write('mirrors/http', `sha256: *\nurl: ${otherName(url)}/{sha256}\n`)
    expect((await status(tree)).told.owners).toEqual(['the Debian archive', 'localhost', '127.0.0.1'])
  })

  test('counts a registry and a web server of one host once, whatever their ports', async () => {
    const [{ url }, registry] = await Promise.all([serve(whole()), serve(whole())])
    const tree = treeWith(`${url}/x`)
    tree.write(
      'mirrors/oci',
      `sha256: *\nrepository: ${registry.url.replace('http://', '')}/mirrors/sources\n`,
    )
    const { status: code, told } = await status(tree)
    expect(told.places.map(({ has }) => has)).toEqual([true, true])
    expect([code, told.owners]).toEqual([1, ['127.0.0.1']])
  })

  test('of the whole tree tells of a manifest whose sources are not counted', async () => {
    const { url } = await serve(whole())
    const tree = treeWith(`${url}/a`, otherName(`${url}/a`))
    tree.write('pkg/wrong/package.ts', manifest({ license: "'no such licence'" }))
    const { status: code, out, err } = await coolports(tree, 'mirror', 'status')
    expect({ code, out }).toEqual({ code: 1, out: '  2  x-1.tar.gz  127.0.0.1, localhost\n' })
    expect(err).toMatch(/^pkg\/wrong\/package\.ts:\d+:\d+: cannot accept license/)
    expect((await coolports(tree, 'mirror', 'status', 'x')).status).toBe(0)
  })

  test('asks for all that a package is built from, or for the whole tree', async () => {
    const { url } = await serve(whole())
    const tree = new Tree({
      'pkg/low/package.ts': manifest({ sources: source([`${url}/low`], sha256('low'), 'low.tar') }),
      'pkg/high/package.ts': manifest({ sources: source([`${url}/high`]), buildDeps: "['low']" }),
      'pkg/other/package.ts': manifest({ sources: source([`${url}/other`], sha256('o'), 'other.tar') }),
    })
    const files = async (...words: readonly string[]): Promise<readonly string[]> => {
      const { out } = await coolports(tree, 'mirror', 'status', '--json', '--at-least', '0', ...words)
      return (JSON.parse(out) as readonly Told[]).map(({ file }) => file)
    }
    expect(await files('high')).toEqual(['x-1.tar.gz', 'low.tar'])
    expect(await files()).toEqual(['x-1.tar.gz', 'low.tar', 'other.tar'])
    expect((await coolports(tree, 'mirror', 'status', 'hihg')).status).toBe(1)
  })

  test.each([
    ['--at-least', 'x'],
    ['--at-least', '-1'],
    ['-j', '0'],
  ])('refuses %s %s', async (...words) => {
    expect((await coolports(treeWith(), 'mirror', 'status', ...words)).status).toBe(2)
  })
})
