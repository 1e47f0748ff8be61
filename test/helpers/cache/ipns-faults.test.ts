import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nameKeyIn } from '../../../helpers/ipfs/name-key.ts'
import { type Ailing, faultMatrix } from './faults.ts'
import { nameGateway } from './ipfs-stand.ts'
import { ipnsTransport } from './transports.ts'

faultMatrix({
  ...ipnsTransport,
  dead: async () => {
    const { gateway, stop } = await silent()
    await stop()
    return named(gateway, () => {})
  },
  slow: async () => {
    const { gateway, stop } = await silent()
    return named(gateway, stop)
  },
})

/** A name that only this gateway could know. */
function named(gateway: string, stop: () => Promise<void> | void): Ailing {
  const folder = mkdtempSync(join(tmpdir(), 'cache-name-'))
  const key = nameKeyIn(join(folder, 'key.pem'))
  rmSync(folder, { recursive: true })
  if (!key.ok) throw new Error(key.error)
  const forget = nameGateway(gateway)
  return {
    url: `ipns://${key.value.name.text}`,
    stop: async () => {
      forget()
      await stop()
    },
  }
}

async function silent(): Promise<{ readonly gateway: string; readonly stop: () => Promise<void> }> {
  const server = createServer(() => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    gateway: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
