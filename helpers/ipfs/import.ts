import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ImportCandidate, importer } from 'ipfs-unixfs-importer'
import type { CID } from 'multiformats/cid'
import { quoted } from '../../core/message.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** Takes each block when it is made; a block may come more than once. */
type Sink = (cid: CID, bytes: Uint8Array) => void | Promise<void>

/**
 * The CID of a file or a folder, as `ipfs add` and `ipfs add -r` make it by default: version 0, blocks of
 * 256 KiB, 174 links each, large folders in shards; names with a leading dot in a folder are left out.
 * Else why it has none, as the end of a sentence.
 */
export async function importPath(path: string, sink: Sink): Promise<Result<CID, string>> {
  const found = await candidates(path)
  if (!found.ok) return found
  let last: CID | undefined
  for await (const { cid } of importer(found.value, blockstore(sink), {
    ...PROFILE,
    wrapWithDirectory: false,
  }))
    last = cid // of a tree the root comes last
  return last ? ok(last) : refuse('nothing was read')
}

const PROFILE = { profile: 'unixfs-v0-2015', fileImportConcurrency: 8, blockWriteConcurrency: 4 } as const

/** Above it all stands one folder, so that a folder without files is one as well. */
async function candidates(
  path: string,
): Promise<Result<ImportCandidate[] | AsyncIterable<ImportCandidate>, string>> {
  const stat = await lstat(path)
  if (stat.isFile()) return ok([{ content: read(path) }])
  if (!stat.isDirectory()) return refuse('it is neither a file nor a folder')
  const paths: string[] = []
  const empty: string[] = []
  const fault = await collect(path, '', paths, empty)
  if (fault) return refuse(fault)
  return ok(
    (async function* () {
      for (const name of empty) yield { path: `root${name}` }
      for (const name of paths) yield { path: `root${name}`, content: read(join(path, name)) }
    })(),
  )
}

async function collect(
  root: string,
  below: string,
  files: string[],
  empty: string[],
): Promise<string | undefined> {
  const entries = await readdir(join(root, below), { withFileTypes: true })
  const seen = entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => byCodeUnit(a.name, b.name))
  if (seen.length === 0) empty.push(below)
  for (const entry of seen) {
    const path = `${below}/${entry.name}`
    if (entry.isFile()) files.push(path)
    else if (!entry.isDirectory()) return `${quoted(path.slice(1))} is neither a file nor a folder`
    else {
      const fault = await collect(root, path, files, empty)
      if (fault) return fault
    }
  }
  return undefined
}

/** In buffers of the file's size at most: thousands of small files would keep the collector of garbage busy. */
async function* read(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    yield* file.createReadStream({ highWaterMark: Math.min(1 << 20, size + 1), autoClose: false })
  } finally {
    await file.close()
  }
}

/** What the importer wants to store blocks in. */
function blockstore(sink: Sink) {
  return {
    async put(cid: CID, bytes: Uint8Array | AsyncIterable<Uint8Array>) {
      if (!(bytes instanceof Uint8Array)) throw new Error('the importer gave a block in pieces')
      await sink(cid, bytes)
      return cid
    },
  }
}
