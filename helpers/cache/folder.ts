import { createReadStream, existsSync } from 'node:fs'
import { access, chmod, open, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolders } from '../../core/folders.ts'
import { leftParts, parsePart, partOf } from '../../core/part.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { systemFault } from '../../core/system-error.ts'
import type { Failure } from './failure.ts'
import { FolderReader } from './folder-reader.ts'
import { isCacheFile } from './names.ts'
import type { Fault, Place, Publisher } from './place.ts'

/** A cache in a folder of this machine: `/path` or `file:///path`. */
export async function folderPlace(url: string): Promise<Result<Place, Fault>> {
  const folder = folderOf(url)
  if (!folder.ok) return folder
  const reader = await FolderReader.start(folder.value)
  return ok({
    name: url,
    open: async (file, signal) =>
      isCacheFile(file) ? reader.open(file, signal) : refuse({ kind: 'absent' }),
    close: () => reader.close(),
  })
}

/**
 * Each file gets its name by a rename, so that readers see it whole or not at all. Modes that a disk does not take are no
 * fault: a share, or a stick, has those that it was mounted with, and an owner who alone may ask for others.
 */
export function folderPublisher(url: string): Result<Publisher, Fault> {
  const folder = folderOf(url)
  if (!folder.ok) return folder
  let isSwept = false
  return ok({
    name: url,
    put: async (file, path) => {
      const put = await putFile(folder.value, file, path)
      // Once: of a large folder all names are read for it.
      if (put.ok && !isSwept) await sweep(folder.value)
      isSwept ||= put.ok
      return put
    },
    close: async () => {},
  })
}

/** Removes what those left who were killed while they copied; nobody else looks after the folder. */
async function sweep(folder: string): Promise<void> {
  const left = leftParts(folder).filter(path => isCacheFile(parsePart(basename(path))?.of ?? ''))
  // Those of another user stay.
  for (const path of left) await rm(path, { force: true }).catch(() => {})
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

async function putFile(folder: string, name: string, path: string): Promise<Result<void, Failure>> {
  if (!isCacheFile(name)) return refuse({ kind: 'refused', why: 'a cache has no file of this name' })
  const part = partOf(join(folder, name))
  try {
    await makeCache(folder)
    const file = await open(part, 'wx', 0o644)
    try {
      await writeFile(file, createReadStream(path, { highWaterMark: 2 ** 20 }))
      await file.chmod(0o644).catch(() => {})
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, join(folder, name))
    return ok(undefined)
  } catch (error) {
    await rm(part, { force: true })
    const fault = systemFault(error)
    if (!fault) throw error
    return refuse({ kind: 'file', why: fault.why })
  }
}

/** For web servers to read, whatever the umask, as its files are. What was there already is as its owner likes. */
async function makeCache(folder: string): Promise<void> {
  // Not by this thread: on a file system of the network it may take as long as the server is gone.
  const absent = await access(folder).catch(() => true)
  if (!absent) return
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.push(at)
  makeFolders(folder)
  for (const one of missing) await chmod(one, 0o755).catch(() => {})
}
