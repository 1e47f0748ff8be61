import { peersAt } from '../bitswap/peers.ts'
import type { Network } from '../http/download.ts'
import type { Asked } from './asked.ts'
import { gateway } from './gateway.ts'
import { type Kubo, kubo } from './kubo.ts'
import type { RecordPlace } from './name.ts'
import { Places } from './places.ts'

/** Connections to all whom the user lets be asked. */
export interface Connected {
  readonly places: Places
  readonly records: readonly RecordPlace[]
  readonly daemon: Kubo | undefined
  close(): Promise<void>
}

/** The daemon first: it is nearest, and may have the blocks on its disk. */
export function connect(asked: Asked, network: Network, note: (text: string) => void): Connected {
  // One that stands still is left while there is still time for the others.
  const limits = { ...network.limits, idleMs: network.limits.idleMs / 3 }
  const daemon = asked.daemon === undefined ? undefined : kubo(asked.daemon, limits)
  const servers = [
    ...(daemon ? [daemon] : []),
    ...asked.gateways.map(url => gateway(url, { ...network, limits })),
  ]
  const peers = peersAt(asked.peers, limits)
  return {
    places: new Places([...servers, ...peers.places], note),
    records: servers,
    daemon,
    close: async () => {
      await Promise.all([daemon?.close(), peers.close()])
    },
  }
}
