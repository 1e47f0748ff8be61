import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Debian's nginx, with a configuration of its own and on a free port of loopback; it gives `files` below /cache. */
export async function startNginx(
  folder: string,
  files: string,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const conf = join(folder, 'nginx.conf')
  const pid = join(folder, 'nginx.pid')
  const log = join(folder, 'nginx.log')
  writeFileSync(conf, configuration({ port, folder, files, pid }))
  chmodSync(folder, 0o755) // its workers are of another user
  const child = spawn('nginx', ['-c', conf, '-p', folder, '-e', log], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  for (let tries = 0; !existsSync(pid); tries++) {
    if (child.exitCode !== null || tries > 400)
      throw new Error(`nginx did not start: ${existsSync(log) ? readFileSync(log, 'utf8') : ''}`)
    await sleep(25)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** What doc/packagecaches.md tells, and a folder for everything that nginx would write elsewhere. */
const configuration = (at: {
  readonly port: number
  readonly folder: string
  readonly files: string
  readonly pid: string
}): string => `daemon off;
worker_processes 1;
pid ${at.pid};
events {}
http {
  access_log off;
  default_type application/octet-stream;
  sendfile on;
  client_max_body_size 0;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `  ${name}_temp_path ${at.folder}/tmp;\n`).join('')}
  server {
    listen 127.0.0.1:${at.port};
    location /cache/ { alias "${at.files}/"; dav_methods PUT; }
  }
}
`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
