// Package caches: a package of 100 MB (of tar) over loopback, fetched, verified and unpacked, beside
// `curl | tar -xz`; and 1,000 small packages that are all in the cache, by bin/do -j2 in a tree where nothing
// was ever built, beside a curl and a tar for each. Debian's nginx serves: `node dist/bench/cache.js [MEGABYTES] [PACKAGES]`.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Sha256, sha256 } from '../core/digest.ts'
import { KEY_FILE, keyIn } from '../core/key-file.ts'
import { makeKey } from '../helpers/cache/minisign.ts'
import { packageName, recordName } from '../helpers/cache/names.ts'
import { closePlaces } from '../helpers/cache/open-places.ts'
import { reuse } from '../helpers/cache/reuse.ts'
import { signRecord } from '../helpers/cache/signed-record.ts'
import { writeTrust } from '../helpers/cache/trust.ts'
import { packTree } from '../helpers/tar/pack.ts'
import { keyFileText, pkgKeyText } from '../test/support/pkgkey.ts'
import { recordOf } from '../test/support/record.ts'
import { fill } from './support/fill.ts'
import { median } from './support/median.ts'
import { plantFile, plantSeed, plantTree } from './support/tree.ts'

const repository = resolve(fileURLToPath(import.meta.url), '../../..')
const [megabytes = 100, count = 1000] = process.argv.slice(2).map(Number)
const ROUNDS = 5
const PORT = 20_000 + (process.pid % 20_000)

const root = mkdtempSync(join(tmpdir(), 'coolports-bench-'))
const cache = join(root, 'cache')
const url = `http://127.0.0.1:${PORT}`
const { key } = makeKey()
const trust = join(root, 'trust')
mkdirSync(cache)
writeTrust(trust, [{ key: key.public, name: 'bench' }])
const server = await serve()
try {
  await large()
  await small()
  console.log(`load now ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`)
} finally {
  await closePlaces()
  server.kill()
  rmSync(root, { recursive: true, force: true })
}

async function large(): Promise<void> {
  const folder = join(root, 'large')
  fill(folder, megabytes)
  const keyText = pkgKeyText({ name: 'large' })
  const hash = sha256(keyText)
  await publish('large', hash, folder)
  writeFileSync(join(root, KEY_FILE), keyFileText(keyText))
  const env = {
    COOLPORTS_STORE: join(root, 'store'),
    COOLPORTS_TRUST: trust,
    PKG_CACHE_URL: url,
    http_proxy: '',
  }
  const words = [join(root, KEY_FILE), join(root, 'out')]
  const times = { worker: [] as number[], process: [] as number[], curl: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    rmSync(env.COOLPORTS_STORE, { recursive: true, force: true })
    times.worker.push(
      await timed(async () => {
        if ((await reuse(words, env, () => {})) !== 0) throw new Error('the package was not had')
      }),
    )
    rmSync(env.COOLPORTS_STORE, { recursive: true, force: true })
    times.process.push(
      await timed(() =>
        run('node', [join(repository, 'dist/reuse.js'), ...words], { ...process.env, ...env }),
      ),
    )
    const into = join(root, 'into')
    rmSync(into, { recursive: true, force: true })
    mkdirSync(into)
    const command = `curl -sf --noproxy '*' ${url}/${packageName(hash)} | tar -xz -C "${into}"`
    times.curl.push(await timed(() => run('sh', ['-c', command])))
  }
  const size = (statSync(join(cache, packageName(hash))).size / 1e6).toFixed(0)
  console.log(`one package of ${megabytes} MB (${size} MB compressed), seconds, medians of ${ROUNDS}`)
  const peer = median(times.curl)
  report('curl | tar -xz', peer, peer)
  report('by a worker, as under bin/do', median(times.worker), peer)
  report('by a process of its own', median(times.process), peer)
}

async function small(): Promise<void> {
  const tree = join(root, 'tree')
  const names = Array.from({ length: count }, (_, index) => `p${index}`)
  const made = [KEY_FILE, '.closure', '.bclosure', '.pkg.tar.gz']
  makeTree(tree, names)
  run('node', ['dist/gen.js', '--root', tree], process.env, tree)
  run('bin/do', ['-j2', ...names.map(name => `pkg/${name}/.pkghash`)], process.env, tree)
  for (const name of names) {
    const folder = join(root, 'small', name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'file'), `${name}\n`)
    await publish(name, hashIn(tree, name), folder)
  }
  const env = {
    ...process.env,
    COOLPORTS_STORE: join(tree, '.store'),
    COOLPORTS_TRUST: trust,
    PKG_CACHE_URL: url,
    PKG_FORCE_BINARY: 'yes',
    no_proxy: '127.0.0.1',
  }
  const into = join(root, 'into')
  const peerScript = `xargs -P2 -I{} sh -c 'mkdir {}; curl -sf --noproxy "*" ${url}/{}.tar.gz | tar -xz -C {}'`
  const hashes = names.map(name => `${hashIn(tree, name)}\n`)
  const times = { keys: [] as number[], bin: [] as number[], curl: [] as number[] }
  const forget = (): void => {
    for (const gone of [
      '.redo',
      '.store',
      ...[...names, 'seed'].flatMap(name => made.map(file => `pkg/${name}/${file}`)),
    ])
      rmSync(join(tree, gone), { recursive: true, force: true })
  }
  for (let round = 0; round < 3; round++) {
    forget()
    const keys = names.map(name => `pkg/${name}/.pkghash`)
    times.keys.push(await timed(() => run('bin/do', ['-j2', ...keys], env, tree)))
    forget()
    const targets = names.map(name => `pkg/${name}/.pkg.tar.gz`)
    times.bin.push(await timed(() => run('bin/do', ['-j2', ...targets], env, tree)))
    if (!names.every(name => existsSync(join(tree, 'pkg', name, '.pkg.tar.gz'))))
      throw new Error('some are missing')
    rmSync(into, { recursive: true, force: true })
    mkdirSync(into)
    times.curl.push(await timed(() => run('sh', ['-c', peerScript], process.env, into, hashes.join(''))))
  }
  console.log(`${count} small packages, all in the cache, seconds, medians of 3`)
  const peer = median(times.curl)
  report('a curl and a tar for each, two at a time', peer, peer)
  report('bin/do -j2, their keys alone', median(times.keys), peer)
  report('bin/do -j2, all of it', median(times.bin), peer)
}

function hashIn(tree: string, name: string): Sha256 {
  const key = keyIn(join(tree, 'pkg', name))
  if (!key) throw new Error(`pkg/${name} has no key`)
  return key.hash
}

async function publish(name: string, hash: Sha256, folder: string): Promise<void> {
  const file = join(cache, packageName(hash))
  const packed = await packTree(folder, file)
  if (!packed.ok) throw new Error(JSON.stringify(packed.error))
  const body = readFileSync(file)
  const record = recordOf({ name, hash, tar: packed.value.digest, body, key })
  writeFileSync(join(cache, recordName(hash, key.public.id)), signRecord(record, key))
}

async function serve() {
  const pid = join(root, 'nginx.pid')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${root}/tmp;`,
  )
  writeFileSync(
    join(root, 'nginx.conf'),
    `daemon off;
user root;
pid ${pid};
events {}
http {
  access_log off;
  sendfile on;
  ${temporary.join(' ')}
  server { listen 127.0.0.1:${PORT}; root "${cache}"; }
}
`,
  )
  const child = spawn('nginx', ['-c', join(root, 'nginx.conf'), '-e', join(root, 'nginx.log')], {
    stdio: 'ignore',
  })
  for (let tries = 0; !existsSync(pid); tries++) {
    if (tries > 400 || child.exitCode !== null) throw new Error('nginx does not start')
    await sleep(25)
  }
  return child
}

function makeTree(tree: string, names: readonly string[]): void {
  plantTree(repository, tree)
  plantSeed(repository, tree)
  for (const name of names) plantFile(tree, name)
}

function run(program: string, args: readonly string[], env = process.env, cwd = root, input = ''): void {
  const { status, stderr } = spawnSync(program, args, {
    cwd,
    env,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
}

async function timed(work: () => void | Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

function report(what: string, seconds: number, peer: number): void {
  console.log(`  ${what.padEnd(42)} ${seconds.toFixed(2)}   x${(seconds / peer).toFixed(2)}`)
}
