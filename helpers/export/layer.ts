import type { Sha256 } from '../../core/digest.ts'
import { type BlobSource, blobOfFile } from '../oci/blob-source.ts'
import { LAYER, LAYER_GZIP } from '../oci/media-type.ts'
import { gunzipped } from '../tar/unpack.ts'
import type { Contents } from './contents.ts'
import type { ImageLayer } from './image.ts'

/** A layer with its bytes. */
export interface Layer extends ImageLayer {
  readonly blob: BlobSource
  /** In bytes. */
  readonly tarBytes: number
  /** Its tar, without a wrapper. */
  readonly openTar: () => AsyncIterable<Uint8Array>
}

/** The annotations of a package's layer; doc/images.md says what each means. */
const PACKAGE = 'coolports.package'
const VERSION = 'coolports.version'
const PKGHASH = 'coolports.pkghash'
const TAR = 'coolports.tar'

/** A file as packages are, whose bytes are known. */
type LayerFile = Pick<Contents, 'tarBytes' | 'fileBytes' | 'fileSha256'> & {
  readonly file: string
  readonly tar: Sha256
}

/** The layer of a package. */
export function packageLayer(contents: Contents, uncompressed: boolean): Layer {
  const { name, version, pkghash, tar, file } = contents.member
  const annotations = { [PACKAGE]: name, [VERSION]: version, [PKGHASH]: pkghash }
  return fileLayer({ ...contents, tar, file }, { what: `${name} ${version}`, annotations }, uncompressed)
}

/** A file as a layer: as it is, or the tar within. */
export function fileLayer(
  { file, tar, tarBytes, fileBytes, fileSha256 }: LayerFile,
  { what, annotations }: { readonly what: string; readonly annotations: Readonly<Record<string, string>> },
  uncompressed: boolean,
): Layer {
  const openTar = (): AsyncIterable<Uint8Array> => gunzipped(file)
  const blob = uncompressed
    ? { digest: tar, size: tarBytes, read: (from: number, to: number) => range(openTar(), from, to) }
    : blobOfFile(file, fileSha256, fileBytes)
  const descriptor = {
    mediaType: uncompressed ? LAYER : LAYER_GZIP,
    digest: blob.digest,
    size: blob.size,
    annotations: { ...annotations, [TAR]: `sha256:${tar}` },
  }
  return { descriptor, tar, what, blob, tarBytes, openTar }
}

async function* range(
  chunks: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, from - at), Math.max(0, to - at))
    at += chunk.length
    if (part.length > 0) yield part
    if (at >= to) return
  }
}
