import type { AddressInfo } from 'node:net'
import { quoted } from '../core/message.ts'
import { distfilePath, storeRoot } from '../core/store.ts'
import { command } from './command.ts'
import { complain, print, trouble } from './say.ts'

export const mirrorServe = command({
  usage: 'serve [paths..]',
  about: 'Serve the sources of the store to others over HTTP',
  details:
    'Gives the sources by sha256 and, as a trustless gateway, by CID; the named files and folders by CID alone;\nnothing else of the disk. Prints its address and the CID of each path, and runs until it is stopped.\n\n' +
    'Others name it in mirrors/http (url: http://HOST:PORT/sha256/{sha256}) or in $COOLPORTS_IPFS_GATEWAYS.',
  examples: [
    ['coolports mirror serve', 'for this machine alone, on a free port'],
    ['coolports mirror serve --host 0.0.0.0 --port 8080', 'for the network'],
    ['coolports mirror serve cache/', 'a folder of packages too, by its CID'],
  ],
  options: yargs =>
    yargs
      .positional('paths', { type: 'string', array: true, default: [], describe: 'files or folders' })
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
      .check(({ port }) => {
        if (Number.isInteger(port) && port >= 0 && port < 65536) return true
        throw new Error('--port needs a number from 0 to 65535')
      }),
  run: async ({ paths, host, port }) => {
    const [{ Holdings }, { mirrorServer }, { recordsIn }] = await Promise.all([
      import('../helpers/ipfs/holdings.ts'),
      import('../helpers/ipfs/serve.ts'),
      import('../helpers/ipfs/record-folder.ts'),
    ])
    const store = storeRoot(process.env)
    const note = (text: string): void => {
      process.stderr.write(`coolports: ${text}\n`)
    }
    const blocks = new Holdings(store, paths, note)
    for (const path of paths) {
      const cid = await blocks.cidOfPath(path)
      if (!cid.ok) return complain(trouble({ cannot: `serve ${quoted(path)}`, why: cid.error }))
      print(`${cid.value}  ${path}`)
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
    if (fault !== undefined) {
      return complain(trouble({ cannot: `listen on ${host}, port ${port}`, why: WHY[fault] ?? fault }))
    }
    const { address, family, port: got } = server.address() as AddressInfo
    print(`http://${family === 'IPv6' ? `[${address}]` : address}:${got}`)
    return new Promise(resolve => {
      const stop = (): void => {
        server.close(() => resolve(0))
        server.closeAllConnections()
      }
      process.once('SIGINT', stop)
      process.once('SIGTERM', stop)
    })
  },
})

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this machine has no such address',
}
