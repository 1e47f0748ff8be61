import { sha256 } from '../../core/digest.ts'
import { foldersOf } from '../../core/entry-path.ts'
import { byCodeUnit } from '../../core/order.ts'
import { blobOfBytes } from '../oci/blob-source.ts'
import { LAYER, LAYER_GZIP } from '../oci/media-type.ts'
import type { Entry } from '../tar/entry.ts'
import { gzipMembers, inBlocks } from '../tar/gzip.ts'
import { type Member, writeMembers } from '../tar/write.ts'
import type { Layer } from './layer.ts'

/** What no package has, but programs look for; it is in an image only where it is asked for. */
const EXTRAS = ['passwd', 'tmp'] as const
type Extra = (typeof EXTRAS)[number]

export interface Extras {
  readonly with: readonly Extra[]
  /** Certificates in PEM form, for what speaks TLS. */
  readonly certificates?: Buffer
}

const PASSWD = 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'
const GROUP = 'root:x:0:\nnogroup:x:65534:\n'

/** Where OpenSSL, LibreSSL, curl, Go and git look first or second. */
const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt'

/** What was asked for as entries of a tar, sorted; none where nothing was. */
export function extraMembers({ with: asked, certificates }: Extras): readonly Member[] {
  const members = [
    ...(asked.includes('passwd') ? [file('etc/passwd', PASSWD), file('etc/group', GROUP)] : []),
    ...(asked.includes('tmp') ? [folder('tmp', 0o1777)] : []),
    ...(certificates === undefined ? [] : [file(CERTIFICATES, certificates)]),
  ]
  const folders = new Set(members.flatMap(({ entry }) => foldersOf(entry.path)))
  return [...members, ...[...folders].map(path => folder(path))].sort((a, b) =>
    byCodeUnit(a.entry.path, b.entry.path),
  )
}

/** The same as a layer; undefined where nothing was asked for. */
export async function extraLayer(
  members: readonly Member[],
  uncompressed: boolean,
): Promise<Layer | undefined> {
  if (members.length === 0) return undefined
  const tar = await whole(writeMembers(members))
  const digest = sha256(tar)
  const bytes = uncompressed ? tar : await whole(gzipMembers(inBlocks(chunksOf(tar)), `tar-sha256:${digest}`))
  const blob = blobOfBytes(bytes)
  const paths = members.flatMap(({ entry }) => (entry.kind === 'file' ? [`/${entry.path}`] : []))
  return {
    descriptor: {
      mediaType: uncompressed ? LAYER : LAYER_GZIP,
      digest: blob.digest,
      size: blob.size,
      annotations: { 'coolports.tar': `sha256:${digest}` },
    },
    tar: digest,
    what: ['with', ...paths, ...members.flatMap(({ entry }) => (entry.path === 'tmp' ? ['/tmp'] : []))].join(
      ' ',
    ),
    blob,
    tarBytes: tar.length,
    openTar: () => chunksOf(tar),
  }
}

const file = (path: string, data: string | Buffer): Member => {
  const from = Buffer.from(data)
  return { entry: { kind: 'file', path, mode: 0o644, size: from.length }, from }
}

const folder = (path: string, mode = 0o755): Member => {
  const entry: Entry = { kind: 'directory', path, mode }
  return { entry }
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}
