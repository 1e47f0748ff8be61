import type { AddressInfo } from 'node:net'
import { configPath } from '../../../core/config.ts'
import { type Message, quoted } from '../../../core/message.ts'
import { ok, type Result, refuse } from '../../../core/result.ts'
import { distfilePath, storeRoot } from '../../../core/store.ts'
import type { PeerNode } from '../../../helpers/bitswap/node.ts'
import type { Blocks } from '../../../helpers/block/block.ts'
import { command } from '../../command.ts'
import { complain, print, say, shown, trouble } from '../../output.ts'

export const mirrorServe = command({
  usage: 'serve [paths..]',
  about: 'Serve the sources of the store to others, over HTTP and to IPFS peers',
  details:
    'Gives the sources by sha256 and, as a trustless gateway, by CID; the named files and folders by CID alone; nothing else of the disk. Prints its address and the CID of each path, and runs until it is stopped.\n\n' +
    'Others name it in mirrors/http (url: http://HOST:PORT/sha256/{sha256}) or in $COOLPORTS_IPFS_GATEWAYS.\n\n' +
    'With --peers the blocks are given by bitswap too, at the printed addresses (/ip4/...), which others name in $COOLPORTS_IPFS_PEERS or connect their IPFS daemon with. Nobody is told that they are here.',
  examples: [
    ['coolports mirror serve', 'for this machine alone, on a free port'],
    ['coolports mirror serve --host 0.0.0.0 --port 8080', 'for the network'],
    ['coolports mirror serve cache/', 'a folder of packages too, by its CID'],
    ['coolports mirror serve --peers', 'to IPFS peers on this machine as well'],
  ],
  options: yargs =>
    yargs
      .positional('paths', {
        type: 'string',
        array: true,
        default: [] as readonly string[],
        describe: 'files or folders',
      })
      .option('host', {
        type: 'string',
        default: '127.0.0.1',
        requiresArg: true,
        describe: 'the address to listen on',
      })
      .option('port', {
        type: 'number',
        default: 0,
        defaultDescription: 'a free one',
        requiresArg: true,
        describe: 'the port to listen on',
      })
      .option('peers', { type: 'boolean', default: false, describe: 'serve IPFS peers, too' })
      .option('peer-port', {
        type: 'number',
        default: 0,
        defaultDescription: 'a free one',
        requiresArg: true,
        describe: 'the port to listen on for those',
      })
      .check(args => {
        // A script's variable that is not set, most likely: it would give all of a folder, or to all of the network.
        if (args.host === '') throw new Error('--host needs an address')
        if (args.paths.includes('')) throw new Error('a path is empty')
        for (const name of ['port', 'peer-port'] as const) {
          const port = args[name]
          if (!(Number.isInteger(port) && port >= 0 && port < 65536))
            throw new Error(`--${name} needs a number from 0 to 65535`)
        }
        return true
      }),
  run: async ({ tree, paths, host, port, peers, 'peer-port': peerPort }) => {
    const [{ Holdings }, { mirrorServer }, { recordsIn }] = await Promise.all([
      import('../../../helpers/ipfs/holdings.ts'),
      import('../../../helpers/ipfs/serve.ts'),
      import('../../../helpers/ipfs/record-folder.ts'),
    ])
    const store = storeRoot(process.env, tree)
    const blocks = new Holdings(store, paths, say)
    for (const path of paths) {
      const cid = await blocks.cidOfPath(path)
      if (!cid.ok) return complain(trouble({ cannot: `serve ${quoted(path)}`, why: cid.error }))
      print(`${cid.value}  ${shown(path)}`)
    }
    const server = mirrorServer({
      fileOf: sha256 => distfilePath(store, sha256),
      blocks,
      recordOf: recordsIn(store).read,
    })
    const fault = await new Promise<string | undefined>(resolve => {
      server.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
      server.listen(port, host, () => resolve(undefined))
    })
    if (fault !== undefined) return complain(trouble(notListening(host, port, fault)))
    const { address, family, port: got } = server.address() as AddressInfo
    const node = peers ? await listenForPeers(address, peerPort, blocks) : ok(undefined)
    if (!node.ok) {
      server.close()
      return complain(trouble(node.error))
    }
    print(`http://${family === 'IPv6' ? `[${address}]` : address}:${got}`)
    for (const at of node.value?.addresses ?? []) print(at)
    return new Promise(resolve => {
      const stop = (): void => {
        server.close(async () => {
          await node.value?.stop()
          resolve(0)
        })
        server.closeAllConnections()
      }
      process.once('SIGINT', stop)
      process.once('SIGTERM', stop)
    })
  },
})

/** Its name stays the same, as others name it with its address. */
async function listenForPeers(
  host: string,
  port: number,
  blocks: Blocks,
): Promise<Result<PeerNode, Message>> {
  const [{ isInstalled, NOT_INSTALLED }, { serveBlocks }, { rawKeyIn }] = await Promise.all([
    import('../../../helpers/bitswap/node.ts'),
    import('../../../helpers/bitswap/serve.ts'),
    import('../../../helpers/ipfs/raw-key.ts'),
  ])
  if (!isInstalled()) return refuse({ cannot: 'serve IPFS peers', ...NOT_INSTALLED })
  const file = configPath(process.env, 'peer.pem')
  const key = rawKeyIn(file)
  if (!key.ok) return refuse({ cannot: `use the key ${quoted(file)}`, why: key.error })
  const listen = [`/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${port}`]
  try {
    return ok(await serveBlocks(blocks, { listen, key: key.value, connectMs: CONNECT_MS }))
  } catch (error) {
    return refuse(notListening(host, port, String((error as Error).message)))
  }
}

function notListening(host: string, port: number, fault: string): Message {
  const known = Object.keys(WHY).find(code => fault.includes(code))
  return { cannot: `listen on ${host}, port ${port}`, why: known ? (WHY[known] ?? known) : fault }
}

/** Peers come by themselves; none is dialled. */
const CONNECT_MS = 10_000

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this machine has no such address',
}
