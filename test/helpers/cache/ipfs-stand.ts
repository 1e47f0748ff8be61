import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nameKeyIn } from '../../../helpers/ipfs/name-key.ts'
import { mirrorServer } from '../../../helpers/ipfs/serve.ts'
import { Store } from '../ipfs/support.ts'
import type { Stand } from './places.ts'

/** A cache below an IPNS name, which means another folder after each change; behind a gateway of its own. */
export async function ipnsStand(): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'cache-ipns-'))
  const files = join(folder, 'files')
  mkdirSync(files)
  const key = nameKeyIn(join(folder, 'key.pem'))
  if (!key.ok) throw new Error(key.error)
  const { name, sign } = key.value
  const store = new Store()
  let record: Uint8Array | undefined
  let sequence = 0n
  const publish = async (): Promise<void> => {
    const cid = await store.addPath(files)
    record = await sign(`/ipfs/${cid}`, sequence++, 3_600_000, 0)
  }
  await publish()
  const server = mirrorServer({
    fileOf: () => '/nonexistent',
    blocks: store.reader,
    recordOf: asked => (asked === name.text ? record : undefined),
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const before = setEnv({
    COOLPORTS_IPFS_GATEWAYS: gateway,
    COOLPORTS_STORE: join(folder, 'store'),
    IPFS_API: '',
  })
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
      setEnv(before)
      server.closeAllConnections()
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

type Variables = Readonly<Record<string, string | undefined>>

/** Sets variables of this process, and answers what they were. */
function setEnv(variables: Variables): Variables {
  const before = Object.fromEntries(Object.keys(variables).map(name => [name, process.env[name]]))
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  return before
}
