import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { isDiskFull } from '../../core/disk.ts'
import { parsePart, partOf } from '../../core/part.ts'
import { distfilePath, partialFolder } from '../../core/store.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'

/**
 * The bytes of a source that are here so far. Every process writes a file of its own in `.partial/`, so that two of
 * them can never write into one; what a dead one left is copied, never taken over, because an owner in another container
 * only seems dead. What was released is `.partial/SHA256`.
 */
export interface Part {
  readonly size: number
  append(chunk: Uint8Array): Promise<void>
  /** Forgets all bytes. */
  restart(): Promise<void>
  digest(): Sha256
  /** Gives the source its name in the store. Only for bytes whose digest is that name. */
  keep(): Promise<void>
  /** Leaves the bytes for the next run to go on with. */
  release(): Promise<void>
  discard(): Promise<void>
}

export async function openPart(store: string, sha256: Sha256): Promise<Part> {
  const abandoned = claims(store, sha256).filter(({ owner }) => owner === undefined)
  const released = join(partialFolder(store), sha256)
  const path = partOf(released)
  const handle = await open(path, 'wx+', 0o644)
  let hash = createHash('sha256')
  let size = 0
  let closed = false
  const close = async (): Promise<void> => {
    if (!closed) await handle.close()
    closed = true
  }
  const part: Part = {
    get size() {
      return size
    },
    async append(chunk) {
      for (let done = 0; done < chunk.length; ) {
        done += (await handle.write(chunk, done, chunk.length - done, size + done)).bytesWritten
      }
      hash.update(chunk)
      size += chunk.length
    },
    async restart() {
      await handle.truncate(0)
      hash = createHash('sha256')
      size = 0
    },
    digest: () => hash.copy().digest('hex') as Sha256,
    async keep() {
      await handle.sync()
      await handle.chmod(0o444)
      // A build that sees the time of a source would tell when it was fetched.
      await handle.utimes(PACKAGE_TIME, PACKAGE_TIME)
      await close()
      nameIt(path, distfilePath(store, sha256))
      syncFolder(dirname(distfilePath(store, sha256)))
      for (const { path: old } of abandoned) rmSync(old, { force: true })
    },
    async release() {
      await close()
      if (size === 0) rmSync(path, { force: true })
      else renameSync(path, released)
    },
    async discard() {
      await close()
      rmSync(path, { force: true })
    },
  }
  try {
    const longest = [...abandoned].sort((a, b) => b.size - a.size)[0]
    if (longest) await copyInto(part, longest.path)
  } catch (error) {
    if (!isDiskFull(error)) {
      await part.discard()
      throw error
    }
    await part.restart() // no room for it twice: then from the beginning
    for (const { path: old } of abandoned) rmSync(old, { force: true })
  }
  return part
}

/** The process that is fetching this source just now, if any. One that has not written for `staleMs` does not count. */
export function busyProcess(store: string, sha256: Sha256, staleMs: number): number | undefined {
  return claims(store, sha256).find(({ owner, idleMs }) => owner !== undefined && idleMs < staleMs)?.owner
}

interface Claim {
  readonly path: string
  /** The process that is writing it. */
  readonly owner: number | undefined
  readonly size: number
  readonly idleMs: number
}

function claims(store: string, sha256: Sha256): readonly Claim[] {
  const folder = partialFolder(store)
  return readdirSync(folder)
    .filter(name => name === sha256 || parsePart(name)?.of === sha256)
    .flatMap(name => {
      const path = join(folder, name)
      const stat = statSync(path, { throwIfNoEntry: false }) // its owner may have finished meanwhile
      return stat ? [{ path, owner: ownerOf(name), size: stat.size, idleMs: Date.now() - stat.mtimeMs }] : []
    })
}

/** Undefined where nobody is seen to write it. */
function ownerOf(name: string): number | undefined {
  const part = parsePart(name)
  return part?.isRunning ? part.pid : undefined
}

async function copyInto(part: Part, path: string): Promise<void> {
  let old: FileHandle
  try {
    old = await open(path)
  } catch {
    return // somebody else was faster; then there is nothing to go on from
  }
  try {
    for await (const chunk of old.readableWebStream()) await part.append(new Uint8Array(chunk as ArrayBuffer))
  } finally {
    await old.close()
  }
}

/** If the part is gone, one who took us for dead has finished the source. */
function nameIt(part: string, distfile: string): void {
  try {
    renameSync(part, distfile)
  } catch (error) {
    if (!existsSync(distfile)) throw error
  }
}

/** Without this a power cut may lose the name of a file whose bytes are safe. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
