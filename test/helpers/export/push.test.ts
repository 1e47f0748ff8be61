import { randomBytes } from 'node:crypto'
import { connect as connectTo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { readContents } from '../../../helpers/export/contents.ts'
import { imageOf } from '../../../helpers/export/export.ts'
import { pushImage } from '../../../helpers/export/push.ts'
import { connect } from '../../../helpers/oci/connect.ts'
import type { Reference } from '../../../helpers/oci/reference.ts'
import { getManifest } from '../../../helpers/oci/registry.ts'
import { packTree } from '../../../helpers/tar/pack.ts'
import { QUICK, serve } from '../fetch/support.ts'
import { listen } from '../oci/listener.ts'
import { type RealRegistry, startRegistry } from '../oci/registry.ts'
import { folder } from '../tar/folder.ts'

let registry: RealRegistry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.stop())

const ALONE = { mountFrom: [], attachments: [] }
const NOTHING = { entrypoint: [], cmd: [], env: [], labels: {} }

/** An image of packages of 2 MB that cannot be compressed. */
async function image(...names: readonly string[]) {
  const contents = []
  for (const name of names) {
    const file = join(folder(), 'x.tar.gz')
    const packed = await packTree(folder({ [`share/${name}`]: randomBytes(2 << 20) }), file)
    if (!packed.ok) throw new Error('not packed')
    const tar = packed.value.digest
    const read = await readContents({
      name: name as PackageName,
      version: '1-1',
      pkghash: sha256(name),
      tar,
      file,
      needs: [],
      setuid: [],
      asked: true,
    })
    if (!read.ok) throw new Error(read.error.kind)
    contents.push(read.value)
  }
  return imageOf({ contents, extras: [] }, NOTHING, false)
}

const connected = (host: string) => {
  const made = connect(host, { env: {}, limits: { ...QUICK, idleMs: 20_000 } })
  if (!made.ok) throw new Error(made.error.why)
  return made.value
}

test('a registry that dies in the middle leaves no tag, or the old one; the same push again sends the rest', async () => {
  const old = await image('old')
  const to: Reference = { registry: registry.host, name: 'tools', tag: '1' }
  const direct = connected(registry.host)
  expect((await pushImage(old.image, old.layers, to, direct, ALONE)).ok).toBe(true)

  // Between us and the registry stands one who pulls its plug after 3 MB: the first layer is there, the second is not.
  let passed = 0
  let killed = false
  const between = await listen(socket => {
    const [host, port] = registry.host.split(':')
    const onward = connectTo(Number(port), host).on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
    onward.on('data', chunk => socket.write(chunk)).on('close', () => socket.destroy())
    socket.on('data', chunk => {
      passed += chunk.length
      if (passed < 3_000_000) onward.write(chunk)
      else if (!killed) void registry.kill()
      killed = passed >= 3_000_000
    })
  })
  const { image: made, layers } = await image('one', 'two', 'three')
  const through = connected(between.host)
  const failed = await pushImage(made, layers, { ...to, registry: between.host }, through, ALONE)
  await through.close()
  await between.stop()
  expect(failed).toMatchObject({
    ok: false,
    error: {
      cannot: `push to "${between.host}/tools:1"`,
      why: expect.stringMatching(/^the registry gave no answer: the connection was (refused|closed|reset)$/),
      facts: [
        ['there', '1 of 4 blobs'],
        ['tag', 'not touched'],
      ],
      remedy: 'what is there stays there: the same command goes on from it',
    },
  })

  await registry.restart()
  const after = await getManifest(direct.session, 'tools', { tag: '1' })
  expect(after).toMatchObject({ ok: true, value: { digest: old.image.digest } })
  const again = await pushImage(made, layers, to, direct, ALONE)
  expect(again).toMatchObject({ ok: true, value: { blobs: { sent: 3, 'was there': 1, shared: 0 } } })
  const whole = await getManifest(direct.session, 'tools', { tag: '1' })
  expect(whole).toMatchObject({ ok: true, value: { digest: made.digest } })
  await direct.close()
})

test('who may not push is told how to log in', async () => {
  const closed = await startRegistry({ password: true })
  try {
    const { image: made, layers } = await image('one')
    const to = { registry: closed.host, name: 'tools' }
    const pushed = await pushImage(made, layers, to, connected(closed.host), ALONE)
    expect(pushed).toMatchObject({
      ok: false,
      error: {
        remedy: `docker login ${closed.host}, or podman login ${closed.host}, keeps a password for it`,
      },
    })
  } finally {
    await closed.stop()
  }
})

test.each<[string, { readonly status: number; readonly digest?: string }, string]>([
  ['says no', { status: 400 }, 'not touched'],
  ['says to have another digest', { status: 201, digest: `sha256:${sha256('x')}` }, 'perhaps set'],
])('of a registry that %s to the tag it is told what is known of it', async (_, answer, tag) => {
  const { url } = await serve((request, response) => {
    request.resume().on('end', () => {
      const { digest } = answer
      if (request.method === 'PUT')
        response.writeHead(answer.status, digest ? { 'docker-content-digest': digest } : {})
      response.end()
    })
  })
  const { image: made, layers } = await image('one')
  const to = { registry: new URL(url).host, name: 'tools' }
  const pushed = await pushImage(made, layers, to, connected(to.registry), ALONE)
  expect(pushed).toMatchObject({
    ok: false,
    error: {
      facts: [
        ['there', '2 of 2 blobs'],
        ['tag', tag],
      ],
    },
  })
})
