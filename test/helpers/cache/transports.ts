import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { publisherOf } from '../../../helpers/cache/schemes.ts'
import { startRegistry } from '../oci/registry.ts'
import { ipfsEnvironment, ipnsStand } from './ipfs-stand.ts'
import { startNginx } from './nginx.ts'
import type { Stand, Transport } from './places.ts'

export const folderTransport: Transport = {
  name: 'a folder',
  canPublish: true,
  start: () => folderStand(path => path),
}

export const nginxTransport: Transport = { name: 'nginx', canPublish: true, start: nginxStand }

export const ipnsTransport: Transport = {
  name: 'an IPNS name',
  canPublish: false,
  start: ipnsStand,
  env: ipfsEnvironment,
}
export const registryTransport: Transport = {
  name: 'docker-registry',
  canPublish: true,
  start: registryStand,
}

/** All that a package cache can be carried by. */
export const transports: readonly Transport[] = [
  folderTransport,
  { ...folderTransport, name: 'a file: url', start: () => folderStand(path => pathToFileURL(path).href) },
  nginxTransport,
  ipnsTransport,
  registryTransport,
]

function folderStand(urlOf: (path: string) => string): Stand {
  const folder = mkdtempSync(join(tmpdir(), 'cache-folder-'))
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
  chmodSync(files, 0o777) // its workers are of another user
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

async function registryStand(): Promise<Stand> {
  const registry = await startRegistry()
  const url = `oci://${registry.host}/a/cache`
  const publisher = await publisherOf(url, {})
  if (!publisher.ok) throw new Error(publisher.error)
  const folder = mkdtempSync(join(tmpdir(), 'cache-oci-'))
  return {
    url,
    put: async (file, bytes) => {
      writeFileSync(join(folder, 'file'), bytes)
      const put = await publisher.value.put(file, join(folder, 'file'))
      if (!put.ok) throw new Error(JSON.stringify(put.error))
    },
    remove: file =>
      rmSync(join(registry.storage, 'docker/registry/v2/repositories/a/cache/_manifests/tags', file), {
        recursive: true,
      }),
    stop: async () => {
      await publisher.value.close()
      await registry.stop()
      rmSync(folder, { recursive: true })
    },
  }
}
