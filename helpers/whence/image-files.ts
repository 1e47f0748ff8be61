import { createReadStream, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readTar } from '../tar/read.ts'
import { type BoundedJson, readJson } from './json.ts'

/** The files of an image, in a folder or in one archive. */
export interface ImageFiles {
  /** The bytes of a file by its path in there; undefined where there is none. */
  open(path: string): Promise<AsyncIterable<Uint8Array> | undefined>
}

/** The image that a path is; undefined where it is none of ours: neither a layout nor an archive of one. */
export function imageFiles(path: string): ImageFiles | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isFile()) return { open: name => openInArchive(path, name) }
  if (!stats?.isDirectory() || !existsSync(join(path, 'oci-layout'))) return undefined
  return {
    open: async name => (existsSync(join(path, name)) ? createReadStream(join(path, name)) : undefined),
  }
}

async function openInArchive(archive: string, name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const bytes = bytesInArchive(archive, name)
  return (await bytes.next()).done ? undefined : bytes
}

/**
 * Reads the archive anew for each file: that costs less than a copy of all layers. The first chunk is empty, and there
 * only if the file is.
 */
async function* bytesInArchive(archive: string, name: string): AsyncGenerator<Uint8Array> {
  for await (const source of readTar(createReadStream(archive))) {
    const { name: found, type } = source.header
    if (type === 'file' && found.replace(/^(\.\/)+/, '') === name) {
      yield new Uint8Array()
      yield* source as AsyncIterable<Uint8Array>
      return
    }
    source.resume()
  }
}

/** A file that is JSON; undefined where it is missing, too long, or something else. */
export async function openJson(files: ImageFiles, path: string): Promise<BoundedJson | undefined> {
  const bytes = await files.open(path)
  return bytes && (await readJson(bytes))
}
