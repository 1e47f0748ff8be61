import { createHash } from 'node:crypto'
import type { Sha256 } from '../../core/digest.ts'
import { byCodeUnit } from '../../core/order.ts'
import { hashed } from '../../core/stream-digest.ts'
import { written } from '../oci/manifest.ts'
import { MANIFEST } from '../oci/media-type.ts'
import { TarRefusal } from '../tar/problem.ts'
import type { Attachment } from './attachment.ts'
import type { Image } from './image.ts'
import type { Layer } from './layer.ts'

/** One file of an image's outer form. */
export interface FormFile {
  readonly path: string
  /** In bytes. */
  readonly size: number
  /** Throws a TarRefusal, at the latest after the last, if they are not the bytes that were looked at before. */
  readonly open: () => AsyncIterable<Uint8Array>
}

/**
 * An OCI image layout with one image, and what is attached to it. Source of the format: OCI image specification 1.1,
 * "Image Layout". There a tag is all that an image is called by; what loads an archive (podman, containerd) looks for
 * the whole name in an annotation of containerd's, and else takes the tag for it.
 */
export function layoutFiles(
  image: Image,
  layers: readonly Layer[],
  { name, tag }: { readonly name: string; readonly tag: string },
  attachments: readonly Attachment[],
): readonly FormFile[] {
  const index = {
    schemaVersion: 2,
    manifests: [
      {
        ...written({ mediaType: MANIFEST, digest: image.digest, size: image.manifest.length }),
        annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag },
      },
      ...attachments.map(({ descriptor }) => written(descriptor)),
    ],
  }
  return sorted([
    text('index.json', JSON.stringify(index)),
    text('oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    bytes(`${BLOBS}/${image.digest}`, image.manifest),
    bytes(`${BLOBS}/${image.id}`, image.config),
    ...attachments.map(({ manifest, descriptor }) => bytes(`${BLOBS}/${descriptor.digest}`, manifest)),
    ...[...layers.map(({ blob }) => blob), ...attachments.flatMap(({ blobs }) => blobs)].map(
      ({ digest, size, read }) => ({
        path: `${BLOBS}/${digest}`,
        size,
        open: () => verified(digest, inOne(read(0, size))),
      }),
    ),
  ])
}

/**
 * What `docker save` writes, with layers that nothing compressed, as there; so its bytes depend on no
 * compressor. Source of the format: Docker image specification 1.2, "Combined Image JSON + Filesystem
 * Changeset Format".
 */
export function dockerFiles(image: Image, layers: readonly Layer[], name: string): readonly FormFile[] {
  const config = `${image.id}.json`
  const manifest = [{ Config: config, RepoTags: [name], Layers: layers.map(({ tar }) => `${tar}.tar`) }]
  return sorted([
    text('manifest.json', JSON.stringify(manifest)),
    bytes(config, image.config),
    ...layers.map(({ tar, tarBytes, openTar }) => ({
      path: `${tar}.tar`,
      size: tarBytes,
      open: () => verified(tar, openTar()),
    })),
  ])
}

const BLOBS = 'blobs/sha256'

/** Two layers may be the same bytes. */
const sorted = (files: readonly FormFile[]): readonly FormFile[] =>
  [...new Map(files.map(file => [file.path, file])).values()].sort((a, b) => byCodeUnit(a.path, b.path))

const bytes = (path: string, data: Uint8Array): FormFile => ({
  path,
  size: data.length,
  open: () => inOne(data),
})

const text = (path: string, data: string): FormFile => bytes(path, Buffer.from(data))

async function* inOne(data: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (data instanceof Uint8Array) yield data
  else yield* data
}

async function* verified(want: Sha256, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  yield* hashed(chunks, hash)
  if (hash.digest('hex') !== want)
    throw new TarRefusal({ kind: 'entry', name: `sha256:${want}`, why: 'its file changed meanwhile' })
}
