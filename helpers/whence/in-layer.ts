import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Sha256 } from '../../core/digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { hashed, streamDigest } from '../../core/stream-digest.ts'
import { readProblem, readTar } from '../tar/read.ts'
import type { ImageFiles } from './image-files.ts'
import type { ImageLayer } from './image-layers.ts'

/** What a layer has at a path. */
type Found = { /** Which entry of the tar it is, from 0 on. */ readonly index: number } & (
  | { readonly kind: 'file'; readonly sha256: Sha256; readonly mode: number }
  | { readonly kind: 'symlink' | 'link'; readonly target: string }
  | { readonly kind: 'folder' | 'special' }
)

/** Whether a layer has a path, or keeps those below from showing theirs. */
export type Look = { readonly found?: Found; readonly hides: boolean }

/**
 * Looks for a path in a layer. The whole layer is read, and compared with its sha256: what is told of
 * it must be of these bytes. Of what another layer deletes: OCI image specification, "Whiteouts".
 */
export async function lookInLayer(
  files: ImageFiles,
  layer: ImageLayer,
  path: string,
): Promise<Result<Look, string>> {
  const look = await lookAt(files, layer, path)
  if (!look.ok || look.value.found?.kind !== 'link') return look
  // The file that it is a name of is of the same layer. Looked for once: an image may have links go in circles.
  const file = await lookAt(files, layer, plain(look.value.found.target))
  return file.ok && file.value.found?.kind === 'file' ? ok({ ...look.value, found: file.value.found }) : look
}

async function lookAt(files: ImageFiles, layer: ImageLayer, path: string): Promise<Result<Look, string>> {
  const bytes = await files.open(layer.path)
  if (!bytes) return refuse('a layer is missing')
  const outer = createHash('sha256')
  const inner = createHash('sha256')
  try {
    let found: Found | undefined
    let hides = false
    let index = -1
    for await (const source of readTar(hashed(unzipped(hashed(bytes, outer)), inner))) {
      const { name, type, linkname, mode = 0 } = source.header
      const entry = plain(name)
      index += 1
      if (entry !== path) {
        hides ||= isHiding(entry, type ?? '', path)
        source.resume()
        continue
      }
      if (type === 'file' || type === 'contiguous-file') {
        found = { index, kind: 'file', sha256: await streamDigest(source as AsyncIterable<Uint8Array>), mode }
        continue
      }
      if (type === 'symlink' || type === 'link') found = { index, kind: type, target: linkname ?? '' }
      else found = { index, kind: type === 'directory' ? 'folder' : 'special' }
      source.resume()
    }
    if (layer.digest !== undefined && outer.digest('hex') !== layer.digest)
      return refuse('a layer is not what its sha256 says')
    if (inner.digest('hex') !== layer.tar) return refuse('the tar of a layer is not what its diffID says')
    return ok({ ...(found === undefined ? {} : { found }), hides })
  } catch (error) {
    if (readProblem(error)) return refuse('a layer is no archive that can be read')
    throw error
  }
}

const plain = (name: string): string => name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '')

/** A path of a higher layer that takes `path` away from the lower ones. */
function isHiding(entry: string, type: string, path: string): boolean {
  const at = entry.lastIndexOf('/') + 1
  const [folder, base] = [entry.slice(0, at), entry.slice(at)]
  if (base === '.wh..wh..opq') return path.startsWith(folder)
  if (base.startsWith('.wh.')) return `${path}/`.startsWith(`${folder}${base.slice('.wh.'.length)}/`)
  return type !== 'directory' && path.startsWith(`${entry}/`)
}

/** A layer is a tar, or a gzip of one; its first bytes tell. */
async function* unzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  let first = await iterator.next()
  while (!first.done && first.value.length === 0) first = await iterator.next()
  if (first.done) return
  const beginning = first.value
  async function* all(): AsyncGenerator<Uint8Array> {
    yield beginning
    for (;;) {
      const next = await iterator.next()
      if (next.done) return
      yield next.value
    }
  }
  if (beginning[0] === 0x1f && beginning[1] === 0x8b) yield* pipeline(all(), createGunzip(), () => {})
  else yield* all()
}
