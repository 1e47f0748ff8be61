import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { registryFault } from '../../../helpers/fetch/registry.ts'
import { connections } from '../../../helpers/http/http.ts'
import { blobOfBytes } from '../../../helpers/oci/blob-source.ts'
import { connect } from '../../../helpers/oci/connect.ts'
import { pushBlob } from '../../../helpers/oci/push.ts'
import { type RealRegistry, startRegistry } from '../oci/registry.ts'
import { BODY, DIGEST, fetchInto, folder, LIE, later, put, QUICK, serve, want } from './support.ts'

describe('a source that a registry has as a blob', () => {
  let registry: RealRegistry
  const config = { auths: {} as Record<string, unknown> }
  beforeAll(async () => {
    registry = await startRegistry({ password: true })
    config.auths[registry.host] = { auth: Buffer.from('alice:open sesame').toString('base64') }
  })
  afterAll(() => registry?.stop())

  const home = (root: string): string => {
    put(join(root, 'docker/config.json'), JSON.stringify(config))
    return join(root, 'docker')
  }

  test('is fetched by its sha256, with the password of the docker config', async () => {
    const root = folder()
    const env = { DOCKER_CONFIG: home(root), COOLPORTS_DEBIAN_MIRRORS: '' }
    const connected = connect(registry.host, { env })
    if (!connected.ok) throw new Error(connected.error.why)
    const { session, limits } = connected.value
    const pushed = await pushBlob(blobOfBytes(BODY), { session, limits, repository: 'mirrors/sources' })
    expect(pushed).toEqual({ ok: true, value: 'sent' })
    const asking = { dispatcher: agent(), limits, signal: new AbortController().signal }
    const at = (digest: string): string => `oci://${registry.host}/mirrors/sources@sha256:${digest}`
    expect(await registryFault(at(DIGEST), { ...asking, env })).toBeUndefined()
    expect(await registryFault(at(sha256(LIE)), { ...asking, env })).toBe('it does not have it')
    expect(await registryFault(at(DIGEST), { ...asking, env: {} })).toContain('it wants a password')
    await connected.value.close()
    put(join(root, 'mirrors/oci'), `sha256: *\nrepository: ${registry.host}/mirrors/sources\n`)
    const { outcome } = await fetchInto(root, [want([])], { env })
    expect(outcome).toMatchObject({
      ok: true,
      value: [{ from: { kind: 'oci', url: `oci://${registry.host}/mirrors/sources@sha256:${DIGEST}` } }],
    })
  })

  test('is fetched elsewhere where the registry knows nobody, or has none', async () => {
    const root = folder()
    const upstream = await serve((_request, response) => response.end(BODY))
    put(join(root, 'mirrors/oci'), `sha256: ${DIGEST}\nrepository: ${registry.host}/mirrors/sources\n`)
    const env = { DOCKER_CONFIG: join(root, 'none'), COOLPORTS_DEBIAN_MIRRORS: '' }
    const stranger = await fetchInto(root, [want([`${upstream.url}/x`])], { env })
    expect(stranger.said.join('\n')).toContain('it wants a password, and no password is kept for it')
    expect(stranger.outcome).toMatchObject({ ok: true, value: [{ from: { kind: 'upstream' } }] })

    const other = folder()
    put(join(other, 'mirrors/oci'), `sha256: *\nrepository: ${registry.host}/mirrors/none\n`)
    const known = { DOCKER_CONFIG: home(other), COOLPORTS_DEBIAN_MIRRORS: '' }
    const absent = await fetchInto(other, [want([`${upstream.url}/x`])], { env: known })
    expect(absent.said.join('\n')).toContain('HTTP 404')
    expect(absent.outcome.ok).toBe(true)
  })
})

test('a registry that lies, and one that cuts a blob, are no harm', async () => {
  const root = folder()
  const liar = await serve((_request, response) => response.end(LIE))
  let cuts = 0
  const cutter = await serve((request, response) => {
    cuts += 1
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    if (cuts > 1) {
      response.writeHead(206, { 'content-range': `bytes ${start}-${BODY.length - 1}/${BODY.length}` })
      response.end(BODY.subarray(start))
    } else {
      response.writeHead(200, { 'content-length': BODY.length })
      response.write(BODY.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 150))
    }
  })
  const hosts = [liar, cutter].map(({ url }) => `repository: ${url.slice(7)}/a\n`).join('')
  put(join(root, 'mirrors/oci'), `sha256: *\n${hosts}`)
  const { outcome, said } = await fetchInto(root, [want([])])
  expect(outcome).toMatchObject({ ok: true, value: [{ from: { kind: 'oci' } }] })
  expect(said.join('\n')).toContain('gave sha256')
  expect(cutter.asked.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/)
})

test('a repository that is none is named, and the rest is used', async () => {
  const root = folder()
  const upstream = await serve((_request, response) => response.end(BODY))
  put(join(root, 'mirrors/oci'), 'sha256: *\nrepository: ../../etc\n')
  const { outcome, said } = await fetchInto(root, [want([`${upstream.url}/x`])])
  expect(said.join('\n')).toContain('mirrors/oci:1')
  expect(outcome.ok).toBe(true)
})

function agent() {
  const opened = connections({}, QUICK)
  if (!opened.ok) throw new Error(opened.error.why)
  later(() => void opened.value.destroy())
  return opened.value
}
