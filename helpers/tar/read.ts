import { type Extract, extract } from 'tar-stream'
import { type Bounds, bounded } from './bounds.ts'
import { drained } from './drained.ts'
import { type TarProblem, TarRefusal } from './problem.ts'

/** One entry of an archive: its header, and its body as chunks. */
export type Source = Extract extends AsyncIterable<infer One> ? One : never

/**
 * The entries of a tar archive in their order, from chunks of any size. An entry's body must be
 * read to its end before the next entry is asked for. However large the archive says its parts are, no
 * more is held in memory than a chunk, a pax header and a path or two. What is wrong with the bytes is thrown, here
 * or while a body is read; `readProblem` tells what it means.
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
  bounds: Bounds = {},
): AsyncGenerator<Source> {
  const archive = extract(ANY_FORMAT)
  const feeding = feed(bounded(chunks, bounds), archive)
  try {
    for await (const entry of archive) {
      // Tars from before POSIX know a folder by the slash alone.
      if (entry.header.type === 'file' && entry.header.name.endsWith('/')) entry.header.type = 'directory'
      yield entry
    }
  } finally {
    archive.destroy()
    await feeding
  }
}

/** Tars from before POSIX say no format. What a header says was checked before. (An option without a type.) */
const ANY_FORMAT: object = { allowUnknownFormat: true }

/** A damaged archive, by what was thrown; undefined for a full disk and the like, which is not the archive's fault. */
export function readProblem(error: unknown): TarProblem | undefined {
  if (error instanceof TarRefusal) return error.problem
  if (!(error instanceof Error) || 'syscall' in error || isBug(error)) return undefined
  const cutOff = /destroyed|unexpected end/i.test(error.message)
  return { kind: 'damaged', why: cutOff ? 'it ends too soon' : error.message }
}

const isBug = (error: Error): boolean => error instanceof TypeError || error instanceof ReferenceError

/** Hands the chunks on as fast as they are taken, and what is wrong with them too. */
async function feed(chunks: AsyncIterable<Uint8Array>, archive: Extract): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (archive.destroying) return
      if (!archive.write(chunk)) await drained(archive)
    }
    archive.end(undefined)
  } catch (error) {
    archive.destroy(error as Error)
  }
}
