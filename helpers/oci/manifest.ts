import type { Sha256 } from '../../core/digest.ts'
import { isObject } from '../../core/json.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { DOCKER_MANIFEST, EMPTY, MANIFEST } from './media-type.ts'
import { readDigest } from './reference.ts'

/** What a manifest says of one blob. Source of the format: OCI image specification 1.1, "Content Descriptors". */
export interface Descriptor {
  readonly mediaType: string
  /** Of a manifest that is no image: what it is. */
  readonly artifactType?: string
  readonly digest: Sha256
  /** In bytes. */
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Manifest {
  readonly artifactType?: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  /** The manifest that this one is about. */
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

/** More than any manifest may have, and far less than would hurt. */
export const MAX_MANIFEST_BYTES = 4 * 1024 ** 2

/** The text of a manifest: the same for equal manifests, whoever writes it. */
export const formatManifest = (manifest: Manifest): string =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    ...(manifest.artifactType === undefined ? {} : { artifactType: manifest.artifactType }),
    config: written(manifest.config),
    layers: manifest.layers.map(written),
    ...(manifest.subject === undefined ? {} : { subject: written(manifest.subject) }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  })

/** A descriptor as it stands in JSON. */
export const written = ({ mediaType, artifactType, digest, size, annotations }: Descriptor) => ({
  mediaType,
  ...(artifactType === undefined ? {} : { artifactType }),
  digest: `sha256:${digest}`,
  size,
  ...(annotations === undefined ? {} : { annotations }),
})

export const EMPTY_CONFIG = Buffer.from('{}')

export const emptyConfig = (digest: Sha256): Descriptor => ({
  mediaType: EMPTY,
  digest,
  size: EMPTY_CONFIG.length,
})

/** Reads what a registry or a layout calls a manifest; the error is the end of a sentence. */
export function readManifest(bytes: Uint8Array): Result<Manifest, string> {
  let data: unknown
  try {
    data = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return refuse('it is not JSON')
  }
  if (!isObject(data)) return refuse('it is no object')
  if (data.schemaVersion !== 2) return refuse('its schemaVersion is not 2')
  const { mediaType = MANIFEST, artifactType } = data
  if (mediaType !== MANIFEST && mediaType !== DOCKER_MANIFEST) return refuse('it is of another media type')
  const config = readDescriptor(data.config)
  if (config === undefined) return refuse('its config is no descriptor with a sha256 and a size')
  if (!Array.isArray(data.layers) || data.layers.length > MAX_LAYERS)
    return refuse(`its layers are no list of up to ${MAX_LAYERS}`)
  const layers = data.layers.map(readDescriptor)
  if (!layers.every(one => one !== undefined))
    return refuse('a layer is no descriptor with a sha256 and a size')
  return ok({
    config,
    layers,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...texts(data.annotations),
  })
}

const MAX_LAYERS = 10_000

function readDescriptor(data: unknown): Descriptor | undefined {
  if (!isObject(data)) return undefined
  const digest = readDigest(data.digest)
  const { mediaType, size } = data
  if (digest === undefined || typeof mediaType !== 'string') return undefined
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined
  return { mediaType, digest, size, ...texts(data.annotations) }
}

function texts(data: unknown): { readonly annotations?: Readonly<Record<string, string>> } {
  if (!isObject(data)) return {}
  const found = Object.entries(data).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return { annotations: Object.fromEntries(found) }
}
