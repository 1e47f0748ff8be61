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
import { hasEnded, startOf } from '../../core/process.ts'
import { distfilePath } from '../../core/store.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'

/**
 * The bytes of a source that are here so far. Every process writes a file of its own,
 * `.partial/SHA256.PID.START.N`, so that two of them can never write into one; what a dead one
 * left is copied, never taken over, because an owner in another container only seems dead.
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
  const abandoned = claims(store, sha256).filter(claim => !claim.alive)
  const path = join(partialFolder(store), `${sha256}.${process.pid}.${ticksOf(process.pid)}.${++count}`)
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
      else renameSync(path, join(partialFolder(store), `${sha256}.0.0.0`))
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
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') {
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
  return claims(store, sha256).find(({ alive, idleMs }) => alive && idleMs < staleMs)?.pid
}

export const partialFolder = (store: string): string => join(store, 'distfiles', '.partial')

interface Claim {
  readonly path: string
  readonly pid: number
  readonly alive: boolean
  readonly size: number
  readonly idleMs: number
}

function claims(store: string, sha256: Sha256): readonly Claim[] {
  const folder = partialFolder(store)
  return readdirSync(folder)
    .filter(name => name.startsWith(`${sha256}.`))
    .flatMap(name => {
      const path = join(folder, name)
      const [, pid, start] = name.split('.')
      const stat = statSync(path, { throwIfNoEntry: false }) // its owner may have finished meanwhile
      const alive = isOwnerAlive(Number(pid), start ?? '')
      return stat
        ? [{ path, pid: Number(pid), alive, size: stat.size, idleMs: Date.now() - stat.mtimeMs }]
        : []
    })
}

/** A number alone would not do: the kernel gives it to another process sooner or later. */
const isOwnerAlive = (pid: number, start: string): boolean =>
  pid > 0 && !hasEnded(pid) && ticksOf(pid) === start

/** As it stands in the name of a part; 0 where there is no /proc. */
const ticksOf = (pid: number): string => startOf(pid) ?? '0'

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

let count = 0
