import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { partOf } from '../../core/part.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { READING } from '../../core/system-error.ts'
import { Broken, type Failure } from './failure.ts'
import { isCacheFile } from './names.ts'
import type { Fault, Opened, Place, Publisher } from './place.ts'

/** A cache in a folder of this machine: `/path` or `file:///path`. */
export function folderPlace(url: string): Result<Place, Fault> {
  const folder = folderOf(url)
  if (!folder.ok) return folder
  return ok({
    name: url,
    open: (file, signal) => openFile(folder.value, file, signal),
    close: async () => {},
  })
}

/** Each file gets its name by a rename, so that readers see it whole or not at all. */
export function folderPublisher(url: string): Result<Publisher, Fault> {
  const folder = folderOf(url)
  if (!folder.ok) return folder
  return ok({
    name: url,
    put: (file, path) => putFile(folder.value, file, path),
    close: async () => {},
  })
}

function folderOf(url: string): Result<string, Fault> {
  if (url.startsWith('/')) return ok(resolve(url))
  // A url without a slash is read from the root of the disk on, where nobody means it.
  if (!url.startsWith('file:/')) return refuse(SLASHES)
  try {
    return ok(resolve(fileURLToPath(url)))
  } catch {
    return refuse(SLASHES)
  }
}

const SLASHES = 'a file: url has three slashes and then a path'

async function openFile(folder: string, name: string, signal: AbortSignal): Promise<Result<Opened, Failure>> {
  if (!isCacheFile(name)) return refuse({ kind: 'absent' })
  try {
    signal.throwIfAborted()
    const file = await open(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK) // a fifo would wait for its writer
    const stats = await file.stat()
    if (!stats.isFile()) {
      await file.close()
      return refuse({ kind: 'refused', why: 'it is not a file' })
    }
    const stream = file.createReadStream({ highWaterMark: 1 << 20, signal })
    stream.on('error', () => {}) // who reads is told; who does not, does not ask
    return ok({ bytes: told(stream), length: stats.size, close: () => stream.destroy() })
  } catch (error) {
    return refuse(await failureOf(error, folder))
  }
}

async function* told(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* stream
  } catch (error) {
    throw new Broken({ kind: 'unreachable', why: codeOf(error) })
  }
}

/** A file that is not there says nothing against the folder, unless that is not there either. */
async function failureOf(error: unknown, folder: string): Promise<Failure> {
  const code = codeOf(error)
  if (code !== 'ENOENT') return unreachable(code)
  try {
    return (await stat(folder)).isDirectory() ? { kind: 'absent' } : unreachable('ENOTDIR')
  } catch (failure) {
    return codeOf(failure) === 'ENOENT' ? { kind: 'no folder' } : unreachable(codeOf(failure))
  }
}

const unreachable = (code: string): Failure => ({ kind: 'unreachable', why: WHY[code] ?? code })

async function putFile(folder: string, name: string, path: string): Promise<Result<void, Failure>> {
  if (!isCacheFile(name)) return refuse({ kind: 'refused', why: 'a cache has no file of this name' })
  const part = partOf(join(folder, name))
  try {
    await makeFolder(folder)
    await copyFile(path, part, constants.COPYFILE_EXCL)
    const file = await open(part, 'r+')
    try {
      await file.chmod(0o644)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, join(folder, name))
    return ok(undefined)
  } catch (error) {
    await rm(part, { force: true })
    return refuse(unreachable(codeOf(error)))
  }
}

/** For web servers to read, whatever the umask, as its files are. What was there already is as its owner likes. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let at = folder; at.length >= first.length; at = dirname(at)) await chmod(at, 0o755)
}

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error as Error).message ?? String(error)

const WHY: Readonly<Record<string, string>> = {
  ...READING,
  ENOTDIR: 'it is not a folder',
  ABORT_ERR: 'nobody waits for it any more',
}
