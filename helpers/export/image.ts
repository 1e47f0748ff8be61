import { ARCH } from '../../core/conventions.ts'
import { type Sha256, sha256 } from '../../core/digest.ts'
import { byCodeUnit } from '../../core/order.ts'
import type { Descriptor } from '../oci/manifest.ts'
import { formatManifest } from '../oci/manifest.ts'
import { CONFIG } from '../oci/media-type.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'

/** How an image is to be run; all of it is the user's choice. */
export interface RunOptions {
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  /** NAME=VALUE, in the order given. */
  readonly env: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly user?: string
  readonly workdir?: string
}

/** One layer of an image, whatever its bytes are wrapped in. */
export interface ImageLayer {
  readonly descriptor: Descriptor
  /** The sha256 of its tar: for a package, its identity. */
  readonly tar: Sha256
  /** What it is, in the image's history. */
  readonly what: string
}

export interface Image {
  /** JSON. Its sha256 is what docker calls the id of the image. */
  readonly config: Buffer
  /** JSON. Its sha256 is the digest of the image. */
  readonly manifest: Buffer
  readonly digest: Sha256
  readonly id: Sha256
}

/** The only time in an image. */
export const CREATED = new Date(PACKAGE_TIME * 1000).toISOString().replace('.000Z', 'Z')

/** As Go calls it, and so all of OCI. */
const ARCHITECTURE = { x86_64: 'amd64' } as const

/** Without an entry for it in `env`, an image finds its programs where a build does. */
const PATH = 'PATH=/bin:/usr/bin'

/**
 * An image of these layers, the lowest first. Its text depends on them and on `options` alone: no clock,
 * no host, no user. Source of the format: OCI image specification 1.1, "Image Configuration".
 */
export function makeImage(layers: readonly ImageLayer[], options: RunOptions): Image {
  const { entrypoint, cmd, env, labels, user, workdir } = options
  const config = Buffer.from(
    JSON.stringify({
      created: CREATED,
      architecture: ARCHITECTURE[ARCH],
      os: 'linux',
      config: {
        ...(user === undefined ? {} : { User: user }),
        Env: env.some(one => one.startsWith('PATH=')) ? env : [PATH, ...env],
        ...(entrypoint.length === 0 ? {} : { Entrypoint: entrypoint }),
        ...(cmd.length === 0 ? {} : { Cmd: cmd }),
        ...(workdir === undefined ? {} : { WorkingDir: workdir }),
        ...(Object.keys(labels).length === 0 ? {} : { Labels: sorted(labels) }),
      },
      rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => `sha256:${tar}`) },
      history: layers.map(({ what }) => ({ created: CREATED, created_by: `coolports ${what}` })),
    }),
  )
  const id = sha256(config)
  const manifest = Buffer.from(
    formatManifest({
      config: { mediaType: CONFIG, digest: id, size: config.length },
      layers: layers.map(({ descriptor }) => descriptor),
      annotations: { 'org.opencontainers.image.created': CREATED },
    }),
  )
  return { config, manifest, id, digest: sha256(manifest) }
}

/**
 * How many layers an image has unless somebody says otherwise. Docker takes 125; so there is room for those of an image
 * that is made from it.
 */
export const MAX_LAYERS = 100

const sorted = (labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => byCodeUnit(a, b)))
