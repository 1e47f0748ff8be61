import { describe, expect, test } from 'vitest'
import { placeOf, publisherOf } from '../../../helpers/cache/schemes.ts'
import { placeSuite } from './places.ts'
import { transports } from './transports.ts'

for (const transport of transports) placeSuite(transport)

describe('placeOf()', () => {
  test.each([
    ['cache', 'it is neither a url nor the path of a folder that begins with /'],
    ['./cache', 'it is neither a url nor the path of a folder that begins with /'],
    ['gopher://x', '"gopher:" is not one of'],
    ['constructor:x', '"constructor:" is not one of'],
    ['file://host/x', 'a file: url has three slashes and then a path'],
    ['file:srv/x', 'a file: url has three slashes and then a path'],
    ['https://user:word@host/', 'it holds a user name or password: those go into ~/.netrc'],
    ['http://host/x?y=', 'it holds a ? or a #'],
  ])('refuses %s', async (url, why) => {
    const made = await placeOf(url, {})
    expect(made.ok ? '' : made.error).toContain(why)
  })
})

test.each(['https://host/', 'ipfs://QmWotMZZFdS7rPNu3Y58WL1NaVXKLJH195pcvR4oMEdZQE', 'oci://host.example/x'])(
  'placeOf() names the proxy that %s cannot be asked through',
  async url => {
    const made = await placeOf(url, {
      https_proxy: 'ftp://host',
      COOLPORTS_IPFS_GATEWAYS: 'https://host',
    })
    expect(made.ok ? '' : made.error).toBe(
      'cannot use the proxy of $https_proxy: it is not an http: or https: url',
    )
  },
)

test('publisherOf() refuses what can only be read', async () => {
  expect((await publisherOf('ipfs://QmWotMZZFdS7rPNu3Y58WL1NaVXKLJH195pcvR4oMEdZQE', {})).ok).toBe(false)
})
