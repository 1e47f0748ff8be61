import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { faultMatrix } from './faults.ts'
import { nginxTransport } from './transports.ts'

faultMatrix({
  ...nginxTransport,
  dead: async () => {
    const { port, stop } = await listen(() => {})
    await stop()
    return { url: `http://127.0.0.1:${port}/cache`, stop: () => {} }
  },
  slow: async () => {
    const { port, stop } = await listen(socket => socket.on('error', () => {}))
    return { url: `http://127.0.0.1:${port}/cache`, stop }
  },
})

async function listen(
  talk: (socket: Socket) => void,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    talk(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
