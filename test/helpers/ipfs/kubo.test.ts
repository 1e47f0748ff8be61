import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../helpers/block/cid.ts'
import { ipfsAsked } from '../../../helpers/ipfs/asked.ts'
import { kubo } from '../../../helpers/ipfs/kubo.ts'
import { nameKeyIn } from '../../../helpers/ipfs/name-key.ts'
import { openFrom } from '../../../helpers/ipfs/open.ts'
import { Places } from '../../../helpers/ipfs/places.ts'
import { recordsIn } from '../../../helpers/ipfs/record-folder.ts'
import { resolveName } from '../../../helpers/ipfs/resolve.ts'
import { folder, later, put, QUICK } from '../fetch/support.ts'
import { Store } from './support.ts'

const BODY = randomBytes(1_000_000)
const never = (): AbortSignal => new AbortController().signal

/**
 * A daemon as kubo's documentation of its RPC has it: POST alone, `arg` in the query, files as multipart/form-data,
 * answers as lines of JSON, values of the network in base64. It stands in for kubo, which Debian does not have.
 */
async function daemon(
  store: Store,
  lie: (bytes: Uint8Array) => Uint8Array = bytes => bytes,
  socketPath?: string,
) {
  const records = new Map<string, Buffer>()
  const asked: string[] = []
  const commands: Readonly<
    Record<string, (url: URL, request: IncomingMessage, response: ServerResponse) => Promise<unknown>>
  > = {
    async 'block/get'(url, _request, response) {
      const bytes = store.blocks.get(digestOf(CID.parse(url.searchParams.get('arg') ?? '')))
      if (bytes) response.end(lie(bytes))
      else response.writeHead(500).end('{"Message":"block was not found locally (offline)","Code":0}')
    },
    async add(url, request, response) {
      // A daemon has settings for all that makes a CID (`Import`).
      expect(Object.fromEntries(url.searchParams)).toMatchObject({
        pin: 'true',
        'cid-version': '0',
        'raw-leaves': 'false',
        chunker: 'size-262144',
        'max-file-links': '174',
        trickle: 'false',
        hash: 'sha2-256',
      })
      const file = (await formOf(request)).get('file') as unknown as { arrayBuffer(): Promise<ArrayBuffer> }
      const cid = await store.add(lie(new Uint8Array(await file.arrayBuffer())))
      response.end(`{"Name":"file","Hash":"${cid}","Size":"1"}\n`)
    },
    async 'routing/put'(url, request, response) {
      const file = (await formOf(request)).get('file') as unknown as {
        arrayBuffer(): Promise<ArrayBuffer>
      }
      records.set(url.searchParams.get('arg') ?? '', Buffer.from(await file.arrayBuffer()))
      await sleep(2 * QUICK.idleMs) // as for a network with peers that are gone: nothing is said until all is done
      response.end('{"Extra":"","ID":"12D3","Responses":null,"Type":6}\n')
    },
    async 'routing/get'(url, _request, response) {
      const record = records.get(url.searchParams.get('arg') ?? '')
      response.write('{"Extra":"","ID":"12D3","Responses":[],"Type":6}\n')
      response.end(
        record ? `{"Extra":"${record.toString('base64')}","ID":"","Responses":null,"Type":5}\n` : '',
      )
    },
  }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://daemon')
    const name = url.pathname.replace('/api/v0/', '')
    asked.push(`${request.method} ${name}`)
    const command = request.method === 'POST' ? commands[name] : undefined
    if (command) command(url, request, response).catch(() => response.destroy())
    else response.writeHead(request.method === 'POST' ? 404 : 405).end()
  })
  server.listen(socketPath === undefined ? { host: '127.0.0.1', port: 0 } : { path: socketPath })
  await once(server, 'listening')
  const api =
    socketPath === undefined
      ? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      : `/unix${socketPath}`
  const client = kubo(ipfsAsked({ IPFS_API: api }).daemon ?? '', QUICK)
  later(() => {
    void client.close()
    server.closeAllConnections()
    server.close()
  })
  return { client, asked, records }
}

async function formOf(request: IncomingMessage): Promise<FormData> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  return new Response(Buffer.concat(chunks), { headers }).formData()
}

async function read(client: ReturnType<typeof kubo>, root: CID): Promise<Buffer | string> {
  const places = new Places([client], () => {})
  const opened = await openFrom(places, { root, path: [], limit: 2 ** 40, signal: never() }, 1000)
  if (!opened.ok) return opened.error.kind
  const chunks: Uint8Array[] = []
  for await (const chunk of opened.value.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a daemon', () => {
  it('gives a file block by block', async () => {
    const store = new Store()
    const cid = await store.add(BODY)
    const { client, asked } = await daemon(store)
    expect(BODY.equals((await read(client, cid)) as Buffer)).toBe(true)
    expect(new Set(asked)).toEqual(new Set(['POST block/get']))
  })

  it('is not believed more than a stranger', async () => {
    const store = new Store()
    const cid = await store.add(BODY)
    const { client } = await daemon(store, () => Buffer.from('lie'))
    expect(await client.block(cid, never())).toMatchObject({ ok: false, error: { kind: 'digest' } })
    expect(await read(client, cid)).toBe('nowhere')
  })

  it('adds and pins a file, and says by which CID', async () => {
    const file = put(join(folder(), 'source.tar.gz'), BODY)
    const store = new Store()
    const { client } = await daemon(store)
    const here = await new Store().add(BODY)
    expect(await client.add(file, never())).toEqual({ ok: true, value: here.toString() })
    expect(BODY.equals((await read(client, here)) as Buffer)).toBe(true)
  })

  it('may be named with the path of its commands, as its own clients do', () => {
    const { daemon: url } = ipfsAsked({ IPFS_API: 'http://127.0.0.1:5001/api/v0/' })
    expect(url).toBe('http://127.0.0.1:5001')
  })

  it('is spoken to by a socket', async () => {
    const store = new Store()
    const cid = await store.add(BODY)
    const path = join(folder(), 'api.sock')
    const { client } = await daemon(store, bytes => bytes, path)
    expect(client.name).toBe(`the daemon at ${path}`)
    expect(BODY.equals((await read(client, cid)) as Buffer)).toBe(true)
  })

  it('publishes the record of a name, and gives it to who asks', async () => {
    const { client } = await daemon(new Store())
    const key = nameKeyIn(join(folder(), 'key.pem'))
    if (!key.ok) throw new Error(key.error)
    const { name, sign } = key.value
    const cid = 'QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o'
    expect(await client.putRecord(name.text, await sign(`/ipfs/${cid}`, 1n, 60_000, 0), never())).toEqual({
      ok: true,
    })
    const resolved = await resolveName(name.text, {
      places: [client],
      seen: recordsIn(folder()),
      signal: never(),
    })
    expect(resolved.ok && resolved.value.cid.toV0().toString()).toBe(cid)
  })

  it('that is not there, or has nothing, is a failure like any', async () => {
    const gone = kubo('http://127.0.0.1:9', QUICK)
    later(() => void gone.close())
    const cid = await new Store().add(BODY)
    expect(await gone.block(cid, never())).toMatchObject({ ok: false, error: { kind: 'connection' } })
    const { client } = await daemon(new Store())
    expect(await client.block(cid, never())).toMatchObject({
      ok: false,
      error: { kind: 'status', status: 500, said: 'block was not found locally (offline)' },
    })
    expect(await client.record('k51none', 10_000, never())).toMatchObject({ ok: false })
    expect(await client.add(join(folder(), 'none'), never())).toMatchObject({ ok: false })
  })
})
