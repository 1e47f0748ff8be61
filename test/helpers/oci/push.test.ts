import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { blobOfBytes } from '../../../helpers/oci/blob-source.ts'
import { type Connected, connect } from '../../../helpers/oci/connect.ts'
import { EMPTY_CONFIG, emptyConfig, formatManifest } from '../../../helpers/oci/manifest.ts'
import { type Pushing, pushBlob, pushManifest } from '../../../helpers/oci/push.ts'
import { getManifest, hasBlob } from '../../../helpers/oci/registry.ts'
import { readBlob } from './blob.ts'
import { type RealRegistry, startRegistry } from './registry.ts'

let registry: RealRegistry
let connected: Connected
beforeAll(async () => {
  registry = await startRegistry()
  const made = connect(registry.host, { env: {} })
  if (!made.ok) throw new Error(made.error.why)
  connected = made.value
})
afterAll(async () => {
  await connected?.close()
  await registry?.stop()
})

const to = (repository: string, mountFrom: readonly string[] = []): Pushing => ({
  session: connected.session,
  limits: connected.limits,
  repository,
  mountFrom,
})

test('a blob that was pushed is there, and comes back as it was', async () => {
  const bytes = randomBytes(100_000)
  const blob = blobOfBytes(bytes)
  expect(await hasBlob(connected.session, 'a/b', blob.digest)).toEqual({ ok: true, value: false })
  expect(await pushBlob(blob, to('a/b'))).toEqual({ ok: true, value: 'sent' })
  expect(await hasBlob(connected.session, 'a/b', blob.digest)).toEqual({ ok: true, value: true })
  expect(await readBlob(connected.session, 'a/b', blob.digest)).toEqual({ ok: true, value: bytes })
})

test('what is there is not sent again, and another repository of the registry shares it', async () => {
  const blob = blobOfBytes(randomBytes(1000))
  expect(await pushBlob(blob, to('one'))).toEqual({ ok: true, value: 'sent' })
  expect(await pushBlob(blob, to('one'))).toEqual({ ok: true, value: 'was there' })
  expect(await pushBlob(blob, to('two', ['none', 'one']))).toEqual({ ok: true, value: 'shared' })
  expect(await readBlob(connected.session, 'two', blob.digest)).toMatchObject({ ok: true })
})

test('a blob of many pieces comes to the same, and an empty one too', async () => {
  const bytes = Buffer.alloc(150 * 1024 ** 2, 'a long layer. ')
  expect(await pushBlob(blobOfBytes(bytes), to('long'))).toEqual({ ok: true, value: 'sent' })
  expect(await hasBlob(connected.session, 'long', sha256(bytes))).toEqual({ ok: true, value: true })
  expect(await pushBlob(blobOfBytes(Buffer.alloc(0)), to('long'))).toEqual({ ok: true, value: 'sent' })
})

test('a manifest has the digest of its text, by its tag and by its digest, and skopeo reads it', async () => {
  const config = blobOfBytes(EMPTY_CONFIG)
  const layer = blobOfBytes(Buffer.from('a text'))
  for (const blob of [config, layer]) await pushBlob(blob, to('text'))
  const bytes = Buffer.from(
    formatManifest({
      artifactType: 'text/plain',
      config: emptyConfig(config.digest),
      layers: [{ mediaType: 'text/plain', digest: layer.digest, size: 6, annotations: { who: 'a test' } }],
    }),
  )
  expect(await pushManifest(bytes, 'v1', to('text'))).toEqual({
    ok: true,
    value: { knowsSubject: false },
  })
  const byTag = await getManifest(connected.session, 'text', { tag: 'v1' })
  expect(byTag).toMatchObject({ ok: true, value: { bytes, digest: sha256(bytes) } })
  expect(await getManifest(connected.session, 'text', { digest: sha256(bytes) })).toEqual(byTag)
  const raw = execFileSync('skopeo', [
    'inspect',
    '--raw',
    '--tls-verify=false',
    `docker://${registry.host}/text:v1`,
  ])
  expect(raw).toEqual(bytes)
})

test('a tag that leads to what is not there is refused by the registry, and says so', async () => {
  const bytes = Buffer.from(
    formatManifest({
      config: emptyConfig(sha256('none')),
      layers: [],
    }),
  )
  expect(await pushManifest(bytes, 'v1', to('broken'))).toMatchObject({
    ok: false,
    error: { kind: 'status', status: 400 },
  })
  expect(await getManifest(connected.session, 'broken', { tag: 'v1' })).toMatchObject({
    ok: false,
    error: { kind: 'absent' },
  })
})
