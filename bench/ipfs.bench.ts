/**
 * Naming a file by its CID, and reading it by that over loopback: `node dist/bench/ipfs.js [MEGABYTES]`.
 * Beside sha256sum and Debian's ipfs_cid, and beside curl of the same server; all in one run on the same file. Peers
 * are left out where helpers/libp2p is not installed.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { CID } from 'multiformats/cid'
import { sha256 } from '../core/digest.ts'
import { distfilePath, treeRoot } from '../core/store.ts'
import { isInstalled } from '../helpers/bitswap/node.ts'
import { peersAt } from '../helpers/bitswap/peers.ts'
import type { BlockPlace } from '../helpers/block/block.ts'
import { connections } from '../helpers/http/http.ts'
import { LIMITS } from '../helpers/http/limits.ts'
import { gateway } from '../helpers/ipfs/gateway.ts'
import { importPath } from '../helpers/ipfs/import.ts'
import { openFrom } from '../helpers/ipfs/open.ts'
import { Places } from '../helpers/ipfs/places.ts'

const ROUNDS = 3

const megabytes = Number(process.argv[2] ?? 100)
const store = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
try {
  const body = randomBytes(megabytes * 1e6)
  const digest = sha256(body)
  const file = distfilePath(store, digest)
  mkdirSync(join(store, 'distfiles'))
  writeFileSync(file, body)
  const cid = await nameOf(file)
  console.log(`${megabytes} MB, best of ${ROUNDS}`)
  await compare([
    ['name: coolports', async () => void (await nameOf(file))],
    ['name: ipfs_cid', shell('command -v ipfs_cid >/dev/null || exit 1; ipfs_cid "$1"', file)],
    ['name: sha256sum', shell('sha256sum "$1"', file)],
  ])
  await serving(async (url, peer) => {
    await compare([
      ['read: archive', () => read(url, cid, digest, 'archive')],
      ['read: blocks', () => read(url, cid, digest, 'blocks')],
      ['read: peer', () => readPeer(peer, cid, digest)],
      ['read: curl', shell('curl -sf "$1" | sha256sum', `${url}/sha256/${digest}`)],
    ])
  })
} finally {
  rmSync(store, { recursive: true, force: true })
}

async function nameOf(file: string): Promise<CID> {
  const cid = await importPath(file, () => {})
  if (!cid.ok) throw new Error(cid.error)
  return cid.value
}

function shell(command: string, word: string): () => Promise<void> {
  return async () => {
    const { status, stderr } = spawnSync('sh', ['-c', command, 'sh', word], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (status !== 0) throw new Error(stderr.toString().trim())
  }
}

/** The server is a process of its own, as it is for users. */
async function serving(work: (url: string, peer: string | undefined) => Promise<void>): Promise<void> {
  const peers = isInstalled() ? ['--peers'] : []
  const child = spawn(
    process.execPath,
    [join(treeRoot(), 'dist/coolports.js'), 'mirror', 'serve', ...peers],
    {
      env: { ...process.env, COOLPORTS_STORE: store, XDG_CONFIG_HOME: store },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    const lines: string[] = []
    for await (const line of createInterface(child.stdout)) if (lines.push(line) > peers.length) break
    await work(lines[0] ?? '', lines[1])
  } finally {
    child.kill()
    await once(child, 'exit')
  }
}

async function readPeer(address: string | undefined, root: CID, digest: string): Promise<void> {
  if (address === undefined) throw new Error('')
  const peers = peersAt([address], LIMITS)
  await readFrom(peers.places, root, digest)
  await peers.close()
}

async function read(url: string, root: CID, digest: string, by: 'archive' | 'blocks'): Promise<void> {
  const opened = connections({}, LIMITS)
  if (!opened.ok) throw new Error(opened.error.why)
  const whole = gateway(url, { dispatcher: opened.value, limits: LIMITS })
  const place: BlockPlace = by === 'archive' ? whole : { name: whole.name, block: whole.block }
  await readFrom([place], root, digest)
  await opened.value.destroy()
}

async function readFrom(places: readonly BlockPlace[], root: CID, digest: string): Promise<void> {
  const { signal } = new AbortController()
  const wanted = { root, path: [], limit: LIMITS.maxBytes, signal }
  const file = await openFrom(new Places(places, console.log), wanted, LIMITS.idleMs)
  if (!file.ok) throw new Error(file.error.kind)
  const hash = createHash('sha256')
  for await (const chunk of file.value.body) hash.update(chunk)
  if (hash.digest('hex') !== digest) throw new Error('another file')
}

async function compare(contenders: readonly (readonly [string, () => Promise<void>])[]): Promise<void> {
  let ours = 0
  for (const [name, run] of contenders) {
    const seconds = await best(run)
    ours ||= seconds ?? 0
    const cells =
      seconds === undefined
        ? ['not here']
        : [
            `${(megabytes / seconds).toFixed(0)} MB/s`,
            `${seconds.toFixed(2)} s`,
            `x${(seconds / ours).toFixed(2)}`,
          ]
    console.log(`${name.padEnd(16)} ${cells.map(cell => cell.padStart(9)).join(' ')}`)
  }
}

async function best(run: () => Promise<void>): Promise<number | undefined> {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now()
    try {
      await run()
    } catch (error) {
      if (round === 0 && error instanceof Error && error.message === '') return undefined
      throw error
    }
    least = Math.min(least, (performance.now() - begun) / 1000)
  }
  return least
}
