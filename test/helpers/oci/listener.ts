import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** Somebody who takes connections and does with each what he likes. */
export async function listen(
  talk: (socket: Socket) => void,
): Promise<{ readonly host: string; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    talk(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: `127.0.0.1:${(server.address() as { port: number }).port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
