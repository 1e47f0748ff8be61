import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import { attach } from '../../../helpers/export/attachment.ts'
import { makeImage } from '../../../helpers/export/image.ts'
import { blobOfBytes } from '../../../helpers/oci/blob-source.ts'
import { type Connected, connect } from '../../../helpers/oci/connect.ts'
import { INDEX } from '../../../helpers/oci/media-type.ts'
import { type Pushing, pushBlob, pushManifest } from '../../../helpers/oci/push.ts'
import { pushReferrer } from '../../../helpers/oci/referrers.ts'
import { serve } from '../fetch/support.ts'
import { type RealRegistry, startRegistry } from './registry.ts'

const IMAGE = makeImage([], { entrypoint: [], cmd: [], env: [], labels: {} })
const TAG = `sha256-${IMAGE.digest}`
const bill = (text: string) => attach(IMAGE, Buffer.from(text), 'application/spdx+json', 'sbom.spdx.json')

let registry: RealRegistry
const opened: Connected[] = []
beforeAll(async () => {
  registry = await startRegistry()
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
afterAll(() => registry?.stop())

function pushingTo(host: string, repository: string): Pushing {
  const made = connect(host, { env: {} })
  if (!made.ok) throw new Error(made.error.why)
  opened.push(made.value)
  return { session: made.value.session, limits: made.value.limits, repository }
}

async function attached(text: string, pushing: Pushing) {
  const { manifest, descriptor, blobs } = bill(text)
  for (const blob of blobs) await pushBlob(blob, pushing)
  return pushReferrer(manifest, descriptor, IMAGE.digest, pushing)
}

const listOf = async (repository: string): Promise<string> => {
  const url = `http://${registry.host}/v2/${repository}/manifests/${TAG}`
  return (await fetch(url, { headers: { accept: INDEX } })).text()
}

describe('a registry without a referrers API', () => {
  test('gets a list under a tag, each artifact once and in the order in which they came', async () => {
    const pushing = pushingTo(registry.host, 'listed')
    await pushBlob(blobOfBytes(IMAGE.config), pushing)
    await pushManifest(IMAGE.manifest, 'v1', pushing)
    expect(await attached('one', pushing)).toEqual({ ok: true, value: undefined })
    await attached('two', pushing)
    const list = await listOf('listed')
    const entry = (text: string) => {
      const { digest, size } = bill(text).descriptor
      return expect.objectContaining({
        digest: `sha256:${digest}`,
        size,
        artifactType: 'application/spdx+json',
      })
    }
    expect(JSON.parse(list)).toEqual({
      schemaVersion: 2,
      mediaType: INDEX,
      manifests: [entry('one'), entry('two')],
    })
    await attached('one', pushing)
    expect(await listOf('listed')).toBe(list)
  })

  test('keeps what others have listed there, to the last field', async () => {
    const pushing = pushingTo(registry.host, 'theirs')
    const theirs = bill('of others')
    for (const blob of theirs.blobs) await pushBlob(blob, pushing)
    await pushManifest(theirs.manifest, 'theirs', pushing)
    const entry = {
      mediaType: theirs.descriptor.mediaType,
      size: theirs.descriptor.size,
      digest: `sha256:${theirs.descriptor.digest}`,
      artifactType: 'application/their.signature',
      annotations: { by: 'others' },
    }
    const index = { schemaVersion: 2, mediaType: INDEX, annotations: { whose: 'theirs' }, manifests: [entry] }
    await pushManifest(Buffer.from(JSON.stringify(index)), TAG, pushing, INDEX)
    expect(await attached('ours', pushing)).toEqual({ ok: true, value: undefined })
    const { manifests, ...rest } = JSON.parse(await listOf('theirs'))
    expect(rest).toEqual({ schemaVersion: 2, mediaType: INDEX, annotations: { whose: 'theirs' } })
    expect(manifests[0]).toEqual(entry)
    expect(manifests[1].digest).toBe(`sha256:${bill('ours').descriptor.digest}`)
  })

  test('where the tag is something else, keeps that, and the push is refused', async () => {
    const pushing = pushingTo(registry.host, 'other')
    await pushBlob(blobOfBytes(IMAGE.config), pushing)
    await pushManifest(IMAGE.manifest, TAG, pushing)
    const refused = await attached('one', pushing)
    expect(refused).toMatchObject({ ok: false, error: { kind: 'answer' } })
    const url = `http://${registry.host}/v2/other/manifests/${TAG}`
    const accept = 'application/vnd.oci.image.manifest.v1+json'
    expect(sha256(await (await fetch(url, { headers: { accept } })).text())).toBe(IMAGE.digest)
  })
})

test('a registry that knows of subjects gets no list', async () => {
  const { url, asked } = await serve((request, response) => {
    request.resume()
    request.on('end', () => response.writeHead(201, { 'oci-subject': `sha256:${IMAGE.digest}` }).end())
  })
  const { manifest, descriptor } = bill('one')
  const pushing = pushingTo(new URL(url).host, 'a')
  expect(await pushReferrer(manifest, descriptor, IMAGE.digest, pushing)).toEqual({
    ok: true,
    value: undefined,
  })
  expect(asked.map(one => one.url)).toEqual([`/v2/a/manifests/sha256:${descriptor.digest}`])
})
