import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import type { Blocks } from '../block/block.ts'
import { parseCid } from '../block/cid.ts'
import { type Block, carOf } from './car.ts'
import { resolvePath } from './folder.ts'
import { rangeOf } from './range.ts'

export interface Serving {
  /** The file of a digest, if there is one. */
  readonly fileOf: (sha256: Sha256) => string
  readonly blocks: Blocks
  /** The signed record of an IPNS name, if there is one. */
  readonly recordOf: (name: string) => Uint8Array | undefined
}

/**
 * A web server for the sources that lie here, and for nothing else of the disk:
 *
 *     /sha256/DIGEST[/NAME]  /file/DIGEST    a source, whole or a range of it
 *     /ipfs/CID[/NAME…]?format=raw           a block
 *     /ipfs/CID[/NAME…]?format=car           all blocks of a file or folder
 *     /ipns/NAME?format=ipns-record          a signed record
 *
 * The last three are a trustless gateway: who asks checks what comes by the CID or the name. Source of the
 * protocol: the specifications of the Trustless Gateway.
 */
export function mirrorServer(serving: Serving): Server {
  const server = createServer((request, response) => {
    response.on('error', () => {})
    answer(request, response, serving).catch(() => response.destroy())
  })
  server.maxConnections = 256
  server.setTimeout(IDLE_MS) // a reader that takes nothing does not hold a file open for ever
  return server
}

async function answer(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  response.setHeader('x-content-type-options', 'nosniff')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return end(response.setHeader('allow', 'GET, HEAD'), 405, 'only GET and HEAD')
  }
  const url = urlOf(request)
  const [kind, name = '', ...rest] = url ? namesOf(url.pathname) : []
  if (!url) return end(response, 400, 'no path')
  if ((kind === 'sha256' || kind === 'file') && isSha256(name) && rest.length <= 1)
    return giveFile(request, response, serving.fileOf(name), name)
  if (kind === 'ipfs') return giveBlocks(request, response, url, [name, ...rest], serving.blocks)
  if (kind === 'ipns' && rest.length === 0) return giveRecord(request, response, name, serving)
  return end(response, 404, 'not found')
}

async function giveFile(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  digest: string,
): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  )
  if (!file) return end(response, 404, 'not found')
  try {
    const stat = await file.stat()
    if (!stat.isFile()) return end(response, 404, 'not found')
    const etag = `"${digest}"`
    const { range, 'if-range': ifRange } = request.headers
    const part = ifRange === undefined || ifRange === etag ? rangeOf(range, stat.size) : 'all'
    response.setHeader('accept-ranges', 'bytes').setHeader('etag', etag)
    if (part === 'none')
      return end(response.setHeader('content-range', `bytes */${stat.size}`), 416, 'no such range')
    const { start, end: last } = part === 'all' ? { start: 0, end: stat.size - 1 } : part
    if (part !== 'all') response.setHeader('content-range', `bytes ${start}-${last}/${stat.size}`)
    response.writeHead(part === 'all' ? 200 : 206, {
      'content-type': 'application/octet-stream',
      'content-length': last - start + 1,
      'cache-control': FOR_EVER,
    })
    if (request.method === 'HEAD' || last < start) {
      response.end()
      return
    }
    await pipeline(
      file.createReadStream({ start, end: last, autoClose: false, highWaterMark: 1 << 18 }),
      response,
    )
  } finally {
    await file.close()
  }
}

async function giveBlocks(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  [name = '', ...path]: readonly string[],
  blocks: Blocks,
): Promise<void> {
  const root = parseCid(name)
  if (!root.ok) return end(response, 400, root.error)
  const format = formatOf(request, url)
  if (!format) return end(response, 406, 'only raw blocks (format=raw) and archives of them (format=car)')
  const leaving = new AbortController()
  response.on('close', () => leaving.abort())
  const { signal } = leaving
  const before: Block[] = []
  const recording: Blocks = {
    async get(cid) {
      const got = await blocks.get(cid, signal)
      if (got.ok) before.push({ cid, bytes: got.value })
      return got
    },
  }
  const cid = await resolvePath(root.value, path, recording, signal)
  const block = cid.ok ? await blocks.get(cid.value, signal) : cid
  if (!cid.ok || !block.ok) return end(response, 404, 'not found')
  response.setHeader('cache-control', FOR_EVER).setHeader('etag', `"${cid.value}.${format}"`)
  if (format === 'raw') {
    response.writeHead(200, { 'content-type': RAW_TYPE, 'content-length': block.value.length })
    response.end(request.method === 'HEAD' ? undefined : block.value)
    return
  }
  response.writeHead(200, { 'content-type': `${CAR_TYPE}; version=1; order=dfs; dups=y` })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const scope = url.searchParams.get('dag-scope') ?? 'all'
  const from = /^(\d{1,15}):\*$/.exec(url.searchParams.get('entity-bytes') ?? '')?.[1]
  await pipeline(
    carOf({ root: root.value, before, cid: cid.value, scope, from: Number(from ?? 0) }, blocks, signal),
    response,
  )
}

function giveRecord(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  { recordOf }: Serving,
): void {
  const record = /^[A-Za-z0-9]{1,128}$/.test(name) ? recordOf(name) : undefined
  if (!record) {
    end(response, 404, 'not found')
    return
  }
  // Not for ever: the name may come to mean something else.
  response.writeHead(200, {
    'content-type': RECORD_TYPE,
    'content-length': record.length,
    'cache-control': 'no-cache',
  })
  response.end(request.method === 'HEAD' ? undefined : record)
}

function formatOf({ headers }: IncomingMessage, url: URL): 'raw' | 'car' | undefined {
  const asked = url.searchParams.get('format')
  const accept = headers.accept ?? ''
  if (asked === 'raw' || (asked === null && accept.includes(RAW_TYPE))) return 'raw'
  return asked === 'car' || (asked === null && accept.includes(CAR_TYPE)) ? 'car' : undefined
}

function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  return url.startsWith('/') && URL.canParse(`http://mirror${url}`)
    ? new URL(`http://mirror${url}`)
    : undefined
}

/** The names of a path, each decoded for itself: a `/` within one is no border. */
function namesOf(path: string): readonly string[] {
  try {
    return path.slice(1).replace(/\/$/, '').split('/').map(decodeURIComponent)
  } catch {
    return []
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

/** Longer than it takes to read most stores for the first time. */
const IDLE_MS = 120_000

const RAW_TYPE = 'application/vnd.ipld.raw'
const CAR_TYPE = 'application/vnd.ipld.car'
const RECORD_TYPE = 'application/vnd.ipfs.ipns-record'

/** What is named by its digest never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable'
