import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'
import { importPath } from '../../../helpers/ipfs/import.ts'
import { nameKeyIn } from '../../../helpers/ipfs/name-key.ts'
import { recordsIn } from '../../../helpers/ipfs/record-folder.ts'
import type { Stand } from './places.ts'

const repository = resolve(import.meta.dirname, '../../..')

/**
 * A cache below an IPNS name, which means another folder after each change, behind `coolports mirror serve`. That
 * is a process of its own, for tests that wait for others and answer nobody meanwhile, and one for all stands.
 */
export async function ipnsStand(): Promise<Stand> {
  mirror ??= startMirror()
  const { folder, url } = await mirror
  const files = join(folder, 'files', `${++count}`)
  mkdirSync(files)
  const key = nameKeyIn(join(folder, `${count}.pem`))
  if (!key.ok) throw new Error(key.error)
  const { name, sign } = key.value
  let sequence = 0n
  const publish = async (): Promise<void> => {
    const cid = await importPath(files, () => {})
    if (!cid.ok) throw new Error(cid.error)
    recordsIn(join(folder, 'store')).write(
      name.text,
      await sign(`/ipfs/${cid.value}`, sequence++, 3_600_000, 0),
    )
  }
  await publish()
  const forget = nameGateway(url)
  return {
    url: `ipns://${name.text}`,
    async put(file, bytes) {
      writeFileSync(join(files, file), bytes)
      await publish()
    },
    async remove(file) {
      rmSync(join(files, file))
      await publish()
    },
    stop() {
      forget()
      rmSync(files, { recursive: true })
    },
  }
}

interface Mirror {
  readonly folder: string
  readonly url: string
  readonly stop: () => Promise<void>
}

let mirror: Promise<Mirror> | undefined
let count = 0
afterAll(async () => {
  const started = await mirror
  mirror = undefined
  await started?.stop()
})

async function startMirror(): Promise<Mirror> {
  const folder = mkdtempSync(join(tmpdir(), 'cache-ipns-'))
  mkdirSync(join(folder, 'files'))
  const child = spawn(join(repository, 'bin/coolports'), ['mirror', 'serve', join(folder, 'files')], {
    env: { ...process.env, COOLPORTS_STORE: join(folder, 'store') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let out = ''
  child.stdout.setEncoding('utf8')
  for await (const text of child.stdout.iterator({ destroyOnReturn: false })) {
    out += text
    if (/^http:.*\n$/m.test(out)) break
  }
  return {
    folder,
    url: out.trimEnd().split('\n').at(-1) ?? '',
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

/** The gateways of all stands that are there, whoever of them has what: a user names his for all caches at once. */
const gateways: string[] = []

export const ipfsEnvironment = (): Readonly<Record<string, string>> => ({
  COOLPORTS_IPFS_GATEWAYS: [...new Set(gateways)].join(' '),
  IPFS_API: '',
})

/** Names a gateway to this process and its children, until the answered function is called. */
export function nameGateway(url: string): () => void {
  gateways.push(url)
  Object.assign(process.env, ipfsEnvironment())
  return () => {
    gateways.splice(gateways.indexOf(url), 1)
    Object.assign(process.env, ipfsEnvironment())
  }
}
