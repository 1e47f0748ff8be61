import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startNginx } from './nginx.ts'
import type { Stand, Transport } from './places.ts'

/** All that a package cache can be carried by. */
export const transports: readonly Transport[] = [
  { name: 'a folder', canPublish: true, start: () => folderStand(path => path) },
  {
    name: 'the folder of a file: url',
    canPublish: true,
    start: () => folderStand(path => pathToFileURL(path).href),
  },
  { name: 'nginx', canPublish: false, start: nginxStand },
]

function folderStand(urlOf: (path: string) => string): Stand {
  const folder = mkdtempSync(join(tmpdir(), 'cache folder-'))
  return {
    url: urlOf(folder),
    put: (file, bytes) => writeFileSync(join(folder, file), bytes),
    remove: file => rmSync(join(folder, file)),
    stop: () => rmSync(folder, { recursive: true }),
  }
}

async function nginxStand(): Promise<Stand> {
  const folder = mkdtempSync(join(tmpdir(), 'cache-nginx-'))
  const files = join(folder, 'files')
  mkdirSync(files)
  const nginx = await startNginx(folder, files)
  return {
    url: `${nginx.url}/cache`,
    put: (file, bytes) => writeFileSync(join(files, file), bytes),
    remove: file => rmSync(join(files, file)),
    stop: async () => {
      await nginx.stop()
      rmSync(folder, { recursive: true })
    },
  }
}
