import { execFileSync } from 'node:child_process'
import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { placeOf, publisherOf } from '../../../helpers/cache/schemes.ts'
import { HIGH_TARGET, User } from '../../support/cached-tree.ts'
import { sendWithoutEnd } from '../../support/endless.ts'
import { keyAt } from '../../support/pkgkey.ts'
import { serve } from '../fetch/support.ts'
import { type RealRegistry, startRegistry } from '../oci/registry.ts'

let registry: RealRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.stop())

test('a package that one user publishes in a registry is what another one builds with', async () => {
  const cache = `oci://${registry.host}/team/cache`
  const alice = await User.of()
  alice.publish(cache, 'high')
  const { hash } = keyAt(alice.tree.root, 'high')
  const tags = execFileSync(
    'skopeo',
    ['list-tags', '--tls-verify=false', `docker://${registry.host}/team/cache`],
    { encoding: 'utf8' },
  )
  const { Tags } = JSON.parse(tags) as { readonly Tags: readonly string[] }
  expect(Tags).toContain(`${hash}.tar.gz`)
  expect(Tags.filter(tag => tag.startsWith(hash)).length).toBe(2)

  const bob = await User.of()
  bob.coolports('trust', 'add', alice.key(), '--name', 'alice')
  const said = bob.must(['bin/do', HIGH_TARGET], { PKG_CACHE_URL: cache, PKG_FORCE_BINARY: 'yes' })
  expect(said).toContain(`from ${cache}, signed by alice`)

  // An image of it finds its layers in the cache.
  const to = ['--push', `${registry.host}/team/image:1`, '--mount-from', 'team/cache']
  const pushed = JSON.parse(
    execFileSync('bin/coolports', ['-C', '.', 'export', 'oci', 'high', ...to, '--json'], {
      cwd: alice.tree.root,
      encoding: 'utf8',
      env: { ...process.env, COOLPORTS_STORE: `${alice.tree.root}/.store` },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  ) as { readonly pushed: unknown }
  expect(pushed.pushed).toMatchObject({ sent: 1, shared: 2, there: 0 })
})

const FILE = `${'0'.repeat(64)}.tar.gz`

describe('a registry as a cache', () => {
  test.each([
    ['oci://registry.example', 'it has no "/"'],
    ['oci://cache/x', 'write its host in full'],
    ['oci://registry.example/../x', 'it has a repository that cannot be one'],
    ['oci://registry.example/x:tag', 'a repository alone is wanted'],
    ['oci://user:word@registry.example/x', 'it holds a user name or password: docker login keeps those'],
    ['oci://user@registry.example/x', 'it holds a user name or password: docker login keeps those'],
  ])('is not at %s', async (url, why) => {
    const made = await placeOf(url, {})
    expect(made.ok ? '' : made.error).toContain(why)
  })

  test.each([
    ['an image', { layers: [layer(), layer()] }, 'is a tag of something else'],
    ['another artifact', { artifactType: 'text/plain', layers: [layer()] }, 'is a tag of something else'],
    ['nothing', { layers: [] }, 'is a tag of something else'],
    ['a manifest without its blob', { layers: [layer()] }, 'it has no blob'],
  ])('is refused where a tag leads to %s', async (_, fields, why) => {
    const manifest = {
      schemaVersion: 2,
      artifactType: 'application/vnd.coolports.cache.file',
      config: layer(),
      ...fields,
    }
    const { url } = await serve((request, response) =>
      request.url?.includes('/manifests/')
        ? response.end(JSON.stringify(manifest))
        : response.writeHead(404).end(),
    )
    const place = await placeOf(url.replace('http:', 'oci:').concat('/a'), {})
    if (!place.ok) throw new Error(place.error)
    const opened = await place.value.open(FILE, new AbortController().signal)
    expect(opened).toMatchObject({
      ok: false,
      error: { kind: 'refused', why: expect.stringContaining(why) },
    })
    await place.value.close()
  })

  test.each<[string, (response: ServerResponse) => void, object]>([
    ['longer', response => response.end('more than is said'), { kind: 'lie' }],
    ['shorter', response => response.end('x'), { kind: 'cut', have: 1, total: 3 }],
    [
      'shorter than it said itself',
      response => {
        response.writeHead(200, { 'content-length': 3 })
        response.write('x', () => setTimeout(() => response.destroy(), 50))
      },
      { kind: 'cut', have: 1, total: 3 },
    ],
    ['without end', response => sendWithoutEnd(response), { kind: 'lie' }],
  ])('breaks off where a blob is not as long as its manifest says, but %s', async (_, answer, failure) => {
    const manifest = {
      schemaVersion: 2,
      artifactType: 'application/vnd.coolports.cache.file',
      config: layer(),
      layers: [layer()],
    }
    const { url } = await serve((request, response) =>
      request.url?.includes('/manifests/') ? response.end(JSON.stringify(manifest)) : answer(response),
    )
    const place = await placeOf(url.replace('http:', 'oci:').concat('/a'), {})
    if (!place.ok) throw new Error(place.error)
    const opened = await place.value.open(FILE, new AbortController().signal)
    if (!opened.ok) throw new Error(opened.error.kind)
    const read = async (): Promise<void> => {
      for await (const _ of opened.value.bytes);
    }
    await expect(read()).rejects.toMatchObject({ failure })
    await place.value.close()
  })

  test('is told of a file that cannot be read; a wrong call is not taken for that', async () => {
    const publisher = await publisherOf(`oci://${registry.host}/a`, {})
    if (!publisher.ok) throw new Error(publisher.error)
    const put = (path: string) => publisher.value.put(FILE, path)
    expect(await put('/nowhere')).toEqual({
      ok: false,
      error: { kind: 'file', why: 'there is no such file' },
    })
    await expect(put('no path\0')).rejects.toThrow('null bytes')
    await publisher.value.close()
  })
})

function layer() {
  return { mediaType: 'x', digest: `sha256:${'0'.repeat(64)}`, size: 3 }
}

test.each([
  ['oci', 0],
  ['oci+http', 1],
])('a registry elsewhere is asked in plain http by %s:// %i times', async (scheme, times) => {
  // It takes no CONNECT, by which alone https would get through.
  const proxy = await serve((_, response) => response.writeHead(404).end())
  const place = await placeOf(`${scheme}://registry.example/cache`, {
    http_proxy: proxy.url,
    https_proxy: proxy.url,
    HOME: '/nonexistent',
  })
  if (!place.ok) throw new Error(place.error)
  const opened = await place.value.open(`${'0'.repeat(64)}.tar.gz`, new AbortController().signal)
  expect([opened.ok, proxy.asked.length]).toEqual([false, times])
  await place.value.close()
})
