import type { Sha256 } from '../../core/digest.ts'
import type { Env } from '../../core/env.ts'
import { type Message, quoted } from '../../core/message.ts'
import { type Result, refuse } from '../../core/result.ts'
import type { Failure } from './failure.ts'

/**
 * A place that holds a package cache: a flat folder of files, whatever carries it. The names are
 * those of names.ts and are all that is asked for; nothing is listed. Nothing that comes from a
 * place is believed before somebody compared it with a signature.
 */
export interface Place {
  /** Its url, as the user gave it. */
  readonly name: string
  /** What was named to reach it by, and cannot be used; the rest can. */
  readonly problems?: readonly Message[]
  /**
   * Opens a file. `signal` ends the question, and the bytes of the answer too. Waiting is bounded by
   * the caller, not by the place.
   */
  open(file: string, signal: AbortSignal): Promise<Result<Opened, Failure>>
  /** Lets go of connections; nothing is opened afterwards. */
  close(): Promise<void>
}

/** A file that a place has begun to give. */
export interface Opened {
  /** Read once at most. Throws `Broken` where they break off; who stops reading ends the transfer. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** In bytes, if the place tells. It may be wrong. */
  readonly length?: number
  /** What the place says the bytes have, where it knows. It may be wrong. */
  readonly sha256?: Sha256
  /** For those who do not read the bytes; harmless otherwise. */
  close(): void
}

/** The same, for those who write. */
export interface Publisher {
  readonly name: string
  /** Copies the file at `path` under this name, in one step; one that is there is replaced. */
  put(file: string, path: string): Promise<Result<void, Failure>>
  /** Lets go of connections; nothing is put afterwards. */
  close(): Promise<void>
}

export type { Env }

/** Why a url cannot be used, as the end of a sentence. */
export type Fault = string

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
