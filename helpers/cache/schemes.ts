import type { Env } from '../../core/env.ts'
import { quoted } from '../../core/message.ts'
import { type Result, refuse } from '../../core/result.ts'
import type { Fault, Place, Publisher } from './place.ts'

type Maker<Made> = (url: string, env: Env) => Promise<Result<Made, Fault>>

/** Who speaks to which urls, by their scheme. Loaded when one is named: some are large. */
const places: Readonly<Record<string, Maker<Place>>> = {
  file: async url => (await import('./folder.ts')).folderPlace(url),
  http: async (url, env) => (await import('./http.ts')).httpPlace(url, env),
  https: async (url, env) => (await import('./http.ts')).httpPlace(url, env),
  ipfs: async (url, env) => (await import('./ipfs.ts')).ipfsPlace(url, env),
  ipns: async (url, env) => (await import('./ipfs.ts')).ipfsPlace(url, env),
  oci: async (url, env) => (await import('./oci.ts')).ociPlace(url, env),
  'oci+http': async (url, env) => (await import('./oci.ts')).ociPlace(url, env),
}

const publishers: Readonly<Record<string, Maker<Publisher>>> = {
  file: async url => (await import('./folder.ts')).folderPublisher(url),
  http: async (url, env) => (await import('./http.ts')).httpPublisher(url, env),
  https: async (url, env) => (await import('./http.ts')).httpPublisher(url, env),
  oci: async (url, env) => (await import('./oci.ts')).ociPublisher(url, env),
  'oci+http': async (url, env) => (await import('./oci.ts')).ociPublisher(url, env),
}

export const placeOf: Maker<Place> = (url, env) => choose(places, url, env)

export const publisherOf: Maker<Publisher> = (url, env) => choose(publishers, url, env)

async function choose<Made>(
  makers: Readonly<Record<string, Maker<Made>>>,
  url: string,
  env: Env,
): Promise<Result<Made, Fault>> {
  const scheme = schemeOf(url)
  if (scheme === undefined) return refuse('it is neither a url nor the path of a folder that begins with /')
  const make = Object.hasOwn(makers, scheme) ? makers[scheme] : undefined
  return make
    ? make(url, env)
    : refuse(`${quoted(`${scheme}:`)} is not one of ${Object.keys(makers).join(', ')}`)
}

/** A bare path is a folder. It begins with a slash: rules run in folders of their own. */
function schemeOf(url: string): string | undefined {
  return url.startsWith('/') ? 'file' : /^([a-z][a-z0-9+.-]*):/.exec(url)?.[1]
}
