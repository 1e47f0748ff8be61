import { sha256 } from '../../core/digest.ts'
import { type BlobSource, blobOfBytes } from '../oci/blob-source.ts'
import { type Descriptor, EMPTY_CONFIG, emptyConfig, formatManifest } from '../oci/manifest.ts'
import { MANIFEST } from '../oci/media-type.ts'
import { CREATED, type Image } from './image.ts'

/**
 * An artifact that goes with an image: its manifest names the image as its subject, so that whoever has the
 * image's digest can find it. Source of the format: OCI image specification 1.1, "Guidelines for Artifact Usage".
 */
export interface Attachment {
  /** JSON. */
  readonly manifest: Buffer
  readonly descriptor: Descriptor
  /** What the manifest names: the empty config and the file itself. */
  readonly blobs: readonly BlobSource[]
}

/** Attaches one file to an image. `title`: how a client calls the file. */
export function attach(image: Image, file: Buffer, type: string, title: string): Attachment {
  const layer = blobOfBytes(file)
  const config = blobOfBytes(EMPTY_CONFIG)
  const annotations = { 'org.opencontainers.image.created': CREATED }
  const manifest = Buffer.from(
    formatManifest({
      artifactType: type,
      config: emptyConfig(config.digest),
      layers: [
        {
          mediaType: type,
          digest: layer.digest,
          size: layer.size,
          annotations: { 'org.opencontainers.image.title': title },
        },
      ],
      subject: { mediaType: MANIFEST, digest: image.digest, size: image.manifest.length },
      annotations,
    }),
  )
  return {
    manifest,
    descriptor: {
      mediaType: MANIFEST,
      artifactType: type,
      digest: sha256(manifest),
      size: manifest.length,
      annotations,
    },
    blobs: [config, layer],
  }
}
