import { createHash } from 'node:crypto'
import { type FileHandle, open, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ok, type Result, refuse } from '../../core/result.ts'
import { isSystemError } from '../../core/system-error.ts'
import { Broken, type Failure } from './failure.ts'
import { packageName } from './names.ts'
import type { Place } from './place.ts'
import type { CacheRecord } from './record.ts'

/** How long a body is waited for, and how much of it has to come in that time. */
export interface Patience {
  /** Where less than `leastBytes` come in this time, it is worth to ask elsewhere as well. */
  readonly quietMs: number
  readonly firstByteMs: number
  readonly idleMs: number
  /** A body that brings less than this in `idleMs` has stalled: single bytes could hold a build for days. */
  readonly leastBytes: number
}

export const PATIENCE: Patience = {
  quietMs: 1_000,
  firstByteMs: 3_000,
  idleMs: 5_000,
  leastBytes: 128 * 1024,
}

/** The disk's fault, not the place's: another place would not help. */
export interface NoRoom {
  readonly kind: 'disk'
  readonly code: string
  readonly folder: string
}

/** Who waits for a package. */
export interface Waiting {
  /** It is not waited for any more, as another place has given it. */
  readonly signal: AbortSignal
  /** Called when too little has come for a while. */
  pauses(): void
}

/**
 * Copies a package from a place into the new file `path`, if it is byte for byte the one that one of
 * these records tells of; answers which. No file is left otherwise.
 */
export async function receive(
  place: Place,
  records: readonly CacheRecord[],
  path: string,
  patience: Patience,
  waiting: Waiting,
): Promise<Result<CacheRecord, Failure | NoRoom>> {
  const [first] = records
  if (!first) return refuse({ kind: 'absent' })
  const limit = Math.max(...records.map(({ size }) => size))
  const watch = new Watch(patience, waiting)
  let file: FileHandle | undefined
  let whole = false
  try {
    if (limit > SMALL && !(await hasRoom(dirname(path), limit)))
      return refuse({ kind: 'disk', code: 'ENOSPC', folder: dirname(path) })
    const opened = await place.open(packageName(first.hash), watch.signal)
    if (!opened.ok) return refuse(watch.failure ?? opened.error)
    const { bytes, length, close } = opened.value
    if (length !== undefined && !records.some(({ size }) => size === length)) {
      close()
      return refuse({ kind: 'another', bytes: length, want: limit })
    }
    file = await open(path, 'wx', 0o644)
    const poured = await pour(bytes, file, limit, watch)
    if (!poured.ok) return poured
    const { have, digest } = poured.value
    const record = records.find(one => one.gz === digest && one.size === have)
    whole = record !== undefined
    if (record) return ok(record)
    return refuse(
      have < limit
        ? { kind: 'cut', have, total: limit }
        : { kind: 'lie', why: `the sha256 of the package is ${digest}` },
    )
  } catch (error) {
    if (watch.failure) return refuse(watch.failure)
    if (error instanceof Broken) return refuse(error.failure)
    if (isSystemError(error)) return refuse({ kind: 'disk', code: error.code, folder: dirname(path) })
    throw error
  } finally {
    watch.end()
    await file?.close()
    if (file && !whole) await rm(path, { force: true })
  }
}

/** A package of less than this, in bytes, is not worth the question whether there is room: it shows at once. */
const SMALL = 1024 * 1024

async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder)
  return bytes <= bavail * bsize
}

async function pour(
  bytes: AsyncIterable<Uint8Array>,
  file: FileHandle,
  limit: number,
  watch: Watch,
): Promise<Result<{ readonly have: number; readonly digest: string }, Failure>> {
  const hash = createHash('sha256')
  let have = 0
  for await (const chunk of bytes) {
    watch.moved(chunk.length)
    have += chunk.length
    if (have > limit) return refuse({ kind: 'lie', why: `the package has more than ${limit} bytes` })
    for (let done = 0; done < chunk.length; )
      done += (await file.write(chunk, done, chunk.length - done)).bytesWritten
    hash.update(chunk)
  }
  return ok({ have, digest: hash.digest('hex') })
}

/** Ends a transfer that keeps us waiting, or for which nobody waits. */
class Watch {
  readonly #controller = new AbortController()
  readonly #patience: Patience
  readonly #waited: AbortSignal
  readonly #look: NodeJS.Timeout
  #timer: NodeJS.Timeout
  #have = 0
  /** Bytes since the timer was started. */
  #since = 0
  /** Bytes since the last look. */
  #lately = 0
  failure: Failure | undefined

  constructor(patience: Patience, { signal, pauses }: Waiting) {
    this.#patience = patience
    this.#waited = signal
    this.#look = setInterval(() => {
      if (this.#lately < patience.leastBytes) pauses()
      this.#lately = 0
    }, patience.quietMs)
    this.#timer = setTimeout(
      () => this.#give({ kind: 'slow', seconds: patience.firstByteMs / 1000 }),
      patience.firstByteMs,
    )
    signal.addEventListener('abort', this.#leave)
    if (signal.aborted) this.#leave()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  moved(bytes: number): void {
    const isFirst = this.#have === 0
    this.#have += bytes
    this.#since += bytes
    this.#lately += bytes
    if (!isFirst && this.#since < this.#patience.leastBytes) return
    this.#since = 0
    clearTimeout(this.#timer)
    const { idleMs } = this.#patience
    this.#timer = setTimeout(
      () => this.#give({ kind: 'stalled', have: this.#have, seconds: idleMs / 1000 }),
      idleMs,
    )
  }

  end(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#look)
    this.#waited.removeEventListener('abort', this.#leave)
  }

  readonly #leave = (): void => this.#give(OVER)

  #give(failure: Failure): void {
    this.failure = failure
    this.#controller.abort()
  }
}

const OVER: Failure = { kind: 'unreachable', why: 'nobody waits for it any more' }
