import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DANGLING, destinationOf, fileFault } from '../../core/destination.ts'
import type { Sha256 } from '../../core/digest.ts'
import { isDiskFull } from '../../core/disk.ts'
import { foldersOf } from '../../core/entry-path.ts'
import { makeFolders } from '../../core/folders.ts'
import { type Message, quoted } from '../../core/message.ts'
import { leftParts, OLD, partOf } from '../../core/part.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { hashed } from '../../core/stream-digest.ts'
import { systemFault } from '../../core/system-error.ts'
import { packMembers } from '../tar/pack.ts'
import { type TarProblem, TarRefusal, tarMessage } from '../tar/problem.ts'
import { readProblem } from '../tar/read.ts'
import { type Member, writeMembers } from '../tar/write.ts'
import type { FormFile } from './form.ts'

/** What is written: a file, or a folder. */
export type Shape = 'file' | 'folder'

type OutputProblem =
  | TarProblem
  /** Something stands there whose place no export takes. */
  | { readonly kind: 'taken'; readonly why: string }
  | { readonly kind: 'system'; readonly why: string; readonly path: string }

export function outputMessage(out: string, problem: OutputProblem): Message {
  const cannot = `write ${quoted(out)}`
  switch (problem.kind) {
    case 'taken':
      return { cannot, why: problem.why, remedy: 'choose another name, or move it elsewhere' }
    case 'system':
      return { cannot, why: problem.why, facts: [['path', quoted(problem.path)]] }
    default:
      return tarMessage('write', quoted(out), problem)
  }
}

/** Writes members as one tar, compressed as packages are if it is to be; answers the sha256 of the tar. */
export async function writeTarball(
  out: string,
  members: readonly Member[],
  compressed: boolean,
): Promise<Result<Sha256, OutputProblem>> {
  let digest: Sha256 | undefined
  const written = await placed(out, 'file', async part => {
    if (compressed) {
      const packed = await packMembers(members, part)
      if (!packed.ok) throw new TarRefusal(packed.error)
      digest = packed.value.digest
    } else {
      const hash = createHash('sha256')
      await writeChunks(part, hashed(writeMembers(members), hash))
      digest = hash.digest('hex') as Sha256
    }
  })
  return written.ok ? ok(digest as Sha256) : written
}

/** Writes files as one tar. */
export const writeArchive = (out: string, files: readonly FormFile[]): Promise<Result<void, OutputProblem>> =>
  placed(out, 'file', part => writeChunks(part, writeMembers(archiveMembers(files))))

/** Writes files as a folder. An image layout that is there is replaced. */
export const writeFolder = (out: string, files: readonly FormFile[]): Promise<Result<void, OutputProblem>> =>
  placed(out, 'folder', async part => {
    for (const { path, open } of files) {
      mkdirSync(dirname(join(part, path)), { recursive: true })
      await writeChunks(join(part, path), open())
    }
  })

/**
 * Why nothing of this shape may be written there. A file takes the place of a file, a folder that of an image layout
 * or of nothing: all else was made by somebody else, for something else.
 */
export function outputFault(out: string, shape: Shape): string | undefined {
  const there = destinationOf(out)
  if (shape === 'file') return fileFault(there)
  switch (there.kind) {
    case 'folder':
      return existsSync(join(there.path, 'oci-layout')) || isEmpty(there.path)
        ? undefined
        : 'there is a folder of this name, and it is no image layout'
    case 'dangling':
      return DANGLING
    case 'file':
      return there.isNew ? undefined : 'there is a file of this name'
    case 'stream':
      return fileFault(there)
  }
}

/** What may not be read is somebody else's. */
function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return false
    throw error
  }
}

function* archiveMembers(files: readonly FormFile[]): Generator<Member> {
  const folders = new Set<string>()
  for (const { path, size, open } of files) {
    for (const folder of foldersOf(path)) {
      if (!folders.has(folder)) yield { entry: { kind: 'directory', path: folder } }
      folders.add(folder)
    }
    yield { entry: { kind: 'file', path, mode: 0o644, size }, from: open() }
  }
}

async function placed(
  named: string,
  shape: Shape,
  write: (part: string) => Promise<void>,
): Promise<Result<void, OutputProblem>> {
  const why = outputFault(named, shape)
  if (why !== undefined) return refuse({ kind: 'taken', why })
  const there = destinationOf(named)
  const out = 'path' in there ? there.path : named
  const folder = dirname(out)
  const part = partOf(out)
  try {
    makeFolders(folder)
    await put(out, shape, part, write)
    return ok(undefined)
  } catch (error) {
    if (isDiskFull(error)) return refuse({ kind: 'disk full', folder })
    const problem = error instanceof TarRefusal ? error.problem : readProblem(error)
    if (problem) return refuse(problem)
    const fault = systemFault(error)
    if (!fault) throw error
    // What is being written has a name that nobody knows.
    return refuse({ kind: 'system', ...fault, path: fault.path.startsWith(part) ? folder : fault.path })
  }
}

async function put(
  out: string,
  shape: Shape,
  part: string,
  write: (part: string) => Promise<void>,
): Promise<void> {
  const old = part + OLD
  const remove = (path: string): void => rmSync(path, { recursive: true, force: true })
  try {
    for (const left of leftParts(dirname(out), basename(out))) {
      if (!left.endsWith(OLD)) remove(left)
      // The export of a folder was killed between the two renames below, or just after them.
      else if (shape === 'folder') existsSync(out) ? remove(left) : renameSync(left, out)
    }
    await write(part)
    // Of a folder no rename takes the place; so an old layout steps aside for a moment. Of a file it never does.
    if (shape === 'folder' && existsSync(out)) renameSync(out, old)
    renameSync(part, out)
  } finally {
    remove(part)
    if (existsSync(old) && !existsSync(out)) renameSync(old, out)
    else remove(old)
  }
}

async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const fd = openSync(path, 'wx', 0o644)
  try {
    for await (const chunk of chunks) writeFileSync(fd, chunk)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
