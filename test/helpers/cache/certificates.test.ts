import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { placeOf } from '../../../helpers/cache/schemes.ts'

let folder: string
let cert: string
let asked = 0
const server = createServer((_, response) => {
  asked += 1
  response.writeHead(404).end()
})
let port: number
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cache-https-'))
  cert = join(folder, 'cert')
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const whose = ['-subj', '/CN=cache', '-addext', 'subjectAltName=IP:127.0.0.1']
  const secret = join(folder, 'key')
  execFileSync('openssl', ['req', '-x509', ...kind, ...whose, '-keyout', secret, '-out', cert], {
    stdio: 'ignore',
  })
  server.setSecureContext({ key: readFileSync(secret), cert: readFileSync(cert) })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  asked = 0
})

// Under the name 127.1 this machine is not asked by plain http.
test.each([
  ['a web server', (): string => `https://127.0.0.1:${port}`],
  ['a registry', (): string => `oci://127.1:${port}/cache`],
  ['a gateway', (): string => 'ipfs://QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o'],
])(
  'the certificate of %s is believed for which $NODE_EXTRA_CA_CERTS speaks, whenever the process was started',
  async (_, urlOf) => {
    const env = {
      https_proxy: '',
      IPFS_API: '',
      COOLPORTS_IPFS_GATEWAYS: `https://127.0.0.1:${port}`,
      COOLPORTS_STORE: folder,
    }
    for (const more of [{}, { NODE_EXTRA_CA_CERTS: cert }]) {
      const place = await placeOf(urlOf(), { ...env, ...more })
      if (!place.ok) throw new Error(place.error)
      const opened = await place.value.open(`${'0'.repeat(64)}.tar.gz`, AbortSignal.timeout(20_000))
      await place.value.close()
      expect(asked > 0).toBe('NODE_EXTRA_CA_CERTS' in more)
      if (asked === 0) expect(JSON.stringify(opened)).toContain('an authority that node does not know')
    }
    const nowhere = await placeOf(urlOf(), { ...env, NODE_EXTRA_CA_CERTS: '/nowhere' })
    expect(nowhere).toEqual({
      ok: false,
      error: 'the certificates of $NODE_EXTRA_CA_CERTS, "/nowhere", cannot be read: there is no such file',
    })
  },
)
