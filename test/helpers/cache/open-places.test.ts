import { afterEach, expect, test } from 'vitest'
import { closePlaces, openPlaces } from '../../../helpers/cache/open-places.ts'

afterEach(closePlaces)

const IPFS = 'ipfs://QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o'

test.each([
  [IPFS, 'COOLPORTS_IPFS_GATEWAYS', 'http://127.0.0.1:1'],
  [IPFS, 'IPFS_API', 'http://127.0.0.1:1'],
  [IPFS, 'COOLPORTS_STORE', '/nowhere'],
  ['oci://127.0.0.1:1/cache', 'DOCKER_CONFIG', '/nowhere'],
  ['oci://127.0.0.1:1/cache', 'REGISTRY_AUTH_FILE', '/nowhere'],
  ['oci://127.0.0.1:1/cache', 'XDG_RUNTIME_DIR', '/nowhere'],
  ['oci://127.0.0.1:1/cache', 'HOME', '/nowhere'],
  ['http://127.0.0.1:1', 'http_proxy', 'http://127.0.0.1:2'],
  ['http://127.0.0.1:1', 'all_proxy', 'http://127.0.0.1:2'],
  ['http://127.0.0.1:1', 'NETRC', '/nowhere'],
])('%s stays open for the next question, unless $%s is another one by then', async (url, name, value) => {
  const before = {
    HOME: '/root',
    http_proxy: '',
    IPFS_API: '',
    COOLPORTS_IPFS_GATEWAYS: 'http://127.0.0.1:3',
  }
  const [first, again, other] = await Promise.all(
    [before, { ...before }, { ...before, [name]: value }].map(env => openPlaces([url], env)),
  )
  expect(first?.places.length).toBe(1)
  expect(again?.places[0]).toBe(first?.places[0])
  expect(other?.places.length).toBe(1)
  expect(other?.places[0]).not.toBe(first?.places[0])
})
