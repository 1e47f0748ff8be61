import { listen } from '../oci/listener.ts'
import { faultMatrix } from './faults.ts'
import { registryTransport } from './transports.ts'

faultMatrix({
  ...registryTransport,
  dead: async () => {
    const { host, stop } = await listen(() => {})
    await stop()
    return { url: `oci://${host}/a/cache`, stop: () => {} }
  },
  slow: async () => {
    const { host, stop } = await listen(() => {})
    return { url: `oci://${host}/a/cache`, stop }
  },
})
