import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Pack, pack } from 'tar-stream'
import { drained } from './drained.ts'
import { type Entry, PACKAGE_TIME } from './entry.ts'
import { TarRefusal } from './problem.ts'

const CHUNK = 1024 * 1024

type Head = Parameters<Pack['entry']>[0]

/** An entry, and for a file its bytes: what they are, or the path where they are read. */
export interface Member {
  readonly entry: Entry
  readonly from?: string | AsyncIterable<Uint8Array> | Uint8Array
}

/**
 * The bytes of a POSIX ustar archive of `entries`, whose files are read below `root`. Nothing of
 * the machine or the moment gets in: owner 0:0 without names, one time stamp, and a pax header
 * only where ustar has no room (long names, names that are not ASCII).
 */
export const writeTar = (root: string, entries: readonly Entry[]): AsyncGenerator<Uint8Array> =>
  writeMembers(entries.map(entry => ({ entry, from: join(root, entry.path) })))

/** The same of entries whose bytes come from many places, one after the other. */
export async function* writeMembers(members: Iterable<Member>): AsyncGenerator<Uint8Array> {
  const archive = pack()
  const writing = writeEntries(archive, members).catch((error: Error) => archive.destroy(error))
  try {
    for await (const chunk of archive) yield chunk as Uint8Array
  } finally {
    await writing
  }
}

async function writeEntries(archive: Pack, members: Iterable<Member>): Promise<void> {
  for (const { entry, from = '' } of members) {
    if (entry.kind !== 'file') await writeEntry(archive, header(entry))
    else if (from instanceof Uint8Array) await writeEntry(archive, header(entry), Buffer.from(from))
    else if (typeof from !== 'string') await writeChunks(archive, entry, from)
    else if (entry.size <= CHUNK) await writeEntry(archive, header(entry), smallFile(from, entry))
    else await writeChunks(archive, entry, createReadStream(from, { highWaterMark: CHUNK }))
  }
  archive.finalize()
}

/** tar-stream takes its defaults from the clock and the mode; so nothing is left to a default. */
function header(entry: Entry): Head {
  const owner = { uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(PACKAGE_TIME * 1000) }
  switch (entry.kind) {
    case 'directory':
      return { ...owner, type: 'directory', name: `${entry.path}/`, mode: entry.mode ?? 0o755, size: 0 }
    case 'file':
      return { ...owner, type: 'file', name: entry.path, mode: entry.mode, size: entry.size }
    case 'symlink':
      return {
        ...owner,
        type: 'symlink',
        name: entry.path,
        linkname: entry.target,
        mode: 0o777,
        size: 0,
        ...pax(entry.target),
      }
    case 'link':
      return {
        ...owner,
        type: 'link',
        name: entry.path,
        linkname: entry.target,
        mode: entry.mode,
        size: 0,
        ...pax(entry.target),
      }
  }
}

/** tar-stream looks for non-ASCII letters in names but not in targets; an empty record forces the pax header. */
const pax = (target: string): { pax?: Record<string, string> } =>
  /^[\x20-\x7e]*$/.test(target) ? {} : { pax: {} }

const writeEntry = (archive: Pack, head: Head, data?: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error | null): void => (error ? reject(error) : resolve())
    if (data) archive.entry(head, data, done)
    else archive.entry(head, done)
  })

function smallFile(path: string, entry: Entry & { kind: 'file' }): Buffer {
  const data = readFileSync(path)
  if (data.length !== entry.size) throw changed(entry)
  return data
}

/** As many bytes as the header says, or the archive would go on with something else. */
async function writeChunks(
  archive: Pack,
  entry: Entry & { kind: 'file' },
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  let failure: Error | undefined
  const closed = new Promise<void>(resolve => {
    const sink = archive.entry(header(entry), error => {
      failure ??= error ?? undefined
      resolve()
    })
    sink.on('error', () => {}) // told above
    pour(chunks, sink, entry).catch((error: Error) => {
      failure = error
      resolve()
    })
  })
  await closed
  if (failure) throw failure
}

async function pour(
  chunks: AsyncIterable<Uint8Array>,
  sink: ReturnType<Pack['entry']>,
  entry: Entry & { kind: 'file' },
): Promise<void> {
  let left = entry.size
  for await (const chunk of chunks) {
    left -= chunk.length
    if (left < 0) throw changed(entry)
    if (sink.write(chunk)) continue
    await drained(sink)
    if (sink.destroyed) return // nobody reads the archive any more
  }
  if (left > 0) throw changed(entry)
  sink.end(undefined)
}

const changed = (entry: Entry): TarRefusal =>
  new TarRefusal({ kind: 'entry', name: entry.path, why: 'it changed while it was packed' })
