import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian's docker-registry, which .ci/test installs, on this machine alone. */
export interface RealRegistry {
  /** host:port */
  readonly host: string
  /** Where it keeps what it has. */
  readonly storage: string
  /** Ends it at once, as a power cut would; what it has stays. */
  kill(): Promise<void>
  /** The same registry again, at the same port. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** `password`: it lets nobody in but the user `alice` with the password `open sesame`. */
export async function startRegistry(options: { readonly password?: boolean } = {}): Promise<RealRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'coolports registry-'))
  const storage = join(folder, 'storage')
  mkdirSync(storage)
  const config = join(folder, 'config.yml')
  const htpasswd = join(folder, 'htpasswd')
  writeFileSync(htpasswd, 'alice:$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n')
  const configure = (port: number): void =>
    writeFileSync(
      config,
      [
        'version: 0.1',
        'log: { level: info, accesslog: { disabled: true } }',
        `storage: { filesystem: { rootdirectory: ${JSON.stringify(storage)} }, delete: { enabled: true } }`,
        `http: { addr: "127.0.0.1:${port}", secret: a-test }`,
        ...(options.password
          ? [`auth: { htpasswd: { realm: test, path: ${JSON.stringify(htpasswd)} } }`]
          : []),
        '',
      ].join('\n'),
    )
  configure(0)
  let running = await run(config)
  const { port } = running
  const kill = async (): Promise<void> => {
    const ended = new Promise(resolve => running.child.once('close', resolve))
    if (running.child.exitCode === null && running.child.signalCode === null) running.child.kill('SIGKILL')
    else return
    await ended
  }
  return {
    host: `127.0.0.1:${port}`,
    storage,
    kill,
    restart: async () => {
      configure(port)
      running = await run(config)
    },
    stop: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Answers when it listens: the line of its log that says so names the port. */
function run(config: string): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      log += chunk
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(log)?.[1]
      if (port !== undefined) resolve({ child, port: Number(port) })
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    child.once('close', () => reject(new Error(`docker-registry does not run:\n${log}`)))
  })
}
