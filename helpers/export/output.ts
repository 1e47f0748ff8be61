import { createHash, type Hash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { isDiskFull } from '../../core/disk.ts'
import { isAlive } from '../../core/process.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { packMembers } from '../tar/pack.ts'
import { type TarProblem, TarRefusal } from '../tar/problem.ts'
import { readProblem } from '../tar/read.ts'
import { type Member, writeMembers } from '../tar/write.ts'
import type { FormFile } from './form.ts'

/** Writes members as one tar, compressed as packages are if it is to be; answers the sha256 of the tar. */
export async function writeTarball(
  out: string,
  members: readonly Member[],
  compressed: boolean,
): Promise<Result<Sha256, TarProblem>> {
  let digest: Sha256 | undefined
  const written = await placed(out, async part => {
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
export const writeArchive = (out: string, files: readonly FormFile[]): Promise<Result<void, TarProblem>> =>
  placed(out, part => writeChunks(part, writeMembers(archiveMembers(files))))

/** Writes files as a folder. An image layout that is there is replaced. */
export const writeFolder = (out: string, files: readonly FormFile[]): Promise<Result<void, TarProblem>> =>
  placed(out, async part => {
    for (const { path, open } of files) {
      mkdirSync(dirname(join(part, path)), { recursive: true })
      await writeChunks(join(part, path), open())
    }
  })

/** Why a folder may not be written there: it would take the place of something that no export made. */
export function folderFault(out: string): string | undefined {
  const stats = statSync(out, { throwIfNoEntry: false })
  if (!stats) return undefined
  if (!stats.isDirectory()) return 'there is a file of this name'
  if (existsSync(join(out, 'oci-layout')) || readdirSync(out).length === 0) return undefined
  return 'there is a folder of this name, and it is no image layout'
}

function* archiveMembers(files: readonly FormFile[]): Generator<Member> {
  const folders = new Set<string>()
  for (const { path, size, open } of files) {
    const parts = path.split('/').slice(0, -1)
    for (const folder of parts.map((_, index) => parts.slice(0, index + 1).join('/'))) {
      if (!folders.has(folder)) yield { entry: { kind: 'directory', path: folder } }
      folders.add(folder)
    }
    yield { entry: { kind: 'file', path, mode: 0o644, size }, from: open() }
  }
}

async function placed(
  out: string,
  write: (part: string) => Promise<void>,
): Promise<Result<void, TarProblem>> {
  const folder = dirname(out)
  const part = join(folder, `.${basename(out)}.${process.pid}.part`)
  const old = `${part}.old`
  const remove = (path: string): void => rmSync(path, { recursive: true, force: true })
  try {
    mkdirSync(folder, { recursive: true })
    for (const left of leftovers(out)) remove(left)
    await write(part)
    // Of a folder no rename takes the place; so the old one steps aside for a moment.
    if (statSync(out, { throwIfNoEntry: false })?.isDirectory()) renameSync(out, old)
    renameSync(part, out)
    return ok(undefined)
  } catch (error) {
    if (isDiskFull(error)) return refuse({ kind: 'disk full', folder })
    const problem = error instanceof TarRefusal ? error.problem : readProblem(error)
    if (problem) return refuse(problem)
    throw error
  } finally {
    remove(part)
    if (existsSync(old) && !existsSync(out)) renameSync(old, out)
    else remove(old)
  }
}

/** What exports to this name left that were killed. */
function leftovers(out: string): readonly string[] {
  const start = `.${basename(out)}.`
  return readdirSync(dirname(out)).flatMap(name => {
    const pid = name.startsWith(start) ? /^(\d+)\.part$/.exec(name.slice(start.length))?.[1] : undefined
    return pid === undefined || isAlive(Number(pid)) ? [] : [join(dirname(out), name)]
  })
}

async function writeChunks(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const fd = openSync(path, 'wx', 0o644)
  try {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length; ) from += writeSync(fd, chunk, from)
    }
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}
