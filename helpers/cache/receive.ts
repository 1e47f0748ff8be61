import { createHash } from 'node:crypto'
import { closeSync, openSync, rmSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterFirst } from '../../core/after-first.ts'
import { anyAborted } from '../../core/any-aborted.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { isSystemError } from '../../core/system-error.ts'
import { writeAll } from '../../core/write-all.ts'
import { Watch } from '../http/watch.ts'
import { Broken, type Failure } from './failure.ts'
import { packageName } from './names.ts'
import type { Place } from './place.ts'
import type { CacheRecord } from './record.ts'

/** How long a body is waited for, and how much of it has to come in that time. */
export interface Patience {
  readonly firstByteMs: number
  readonly idleMs: number
  /** A body that brings less than this in `idleMs` has stalled: single bytes could hold a build for days. */
  readonly leastBytes: number
}

export const PATIENCE: Patience = { firstByteMs: 3_000, idleMs: 5_000, leastBytes: 128 * 1024 }

/** The disk's fault, not the place's: another place would not help. */
export interface NoRoom {
  readonly kind: 'disk'
  /** Of errno(3), or in words. */
  readonly code: string
  readonly folder: string
}

/** A place that has begun to give a package: its first bytes are there. */
export interface Begun {
  readonly place: Place
  /** One of which it is, if it is any. */
  readonly records: readonly CacheRecord[]
  readonly bytes: AsyncIterable<Uint8Array>
  readonly watch: PackageWatch
  /** For those who do not receive it. */
  close(): void
}

/** Asks a place for the package that these records tell of. `signal`: nobody wants it from there any more. */
export async function begin(
  place: Place,
  records: readonly CacheRecord[],
  patience: Patience,
  signal: AbortSignal,
): Promise<Result<Begun, Failure>> {
  const [first] = records
  if (!first) return refuse({ kind: 'absent' })
  const watch = new PackageWatch(patience)
  const failed = (failure: Failure): Result<never, Failure> => {
    watch.end()
    return refuse(watch.failure ?? failure)
  }
  try {
    const opened = await place.open(packageName(first.hash), anyAborted(signal, watch.signal))
    if (!opened.ok) return failed(opened.error)
    const { bytes, length, close } = opened.value
    if (length !== undefined && !records.some(({ size }) => size === length)) {
      close()
      return failed({ kind: 'another', bytes: length, want: limitOf(records) })
    }
    const begun = { place, records, bytes: await afterFirst(bytes), watch }
    watch.begun()
    watch.hold()
    return ok({
      ...begun,
      close() {
        watch.end()
        close()
      },
    })
  } catch (error) {
    if (error instanceof Broken) return failed(error.failure)
    watch.end()
    if (!watch.failure) throw error
    return failed(watch.failure)
  }
}

const limitOf = (records: readonly CacheRecord[]): number => Math.max(...records.map(({ size }) => size))

/**
 * Copies what a place gives into the new file `path`, if it is byte for byte the package that one of the records tells
 * of; answers which. No file is left otherwise.
 */
export async function receive(
  { records, bytes, watch, close }: Begun,
  path: string,
): Promise<Result<CacheRecord, Failure | NoRoom>> {
  const limit = limitOf(records)
  let file: number | undefined
  let whole = false
  try {
    if (limit > SMALL && !(await hasRoom(dirname(path), limit)))
      return refuse({ kind: 'disk', code: 'ENOSPC', folder: dirname(path) })
    file = openSync(path, 'wx', 0o644)
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
    close()
    if (file !== undefined) {
      closeSync(file)
      if (!whole) rmSync(path, { force: true })
    }
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
  file: number,
  limit: number,
  watch: PackageWatch,
): Promise<Result<{ readonly have: number; readonly digest: string }, Failure>> {
  const hash = createHash('sha256')
  let have = 0
  watch.goOn()
  for await (const chunk of bytes) {
    watch.moved(chunk.length)
    watch.hold()
    have += chunk.length
    if (have > limit) return refuse({ kind: 'lie', why: `the package has more than ${limit} bytes` })
    // To have another thread do it costs a small package more than to do it.
    writeAll(file, chunk)
    hash.update(chunk)
    watch.goOn()
  }
  return ok({ have, digest: hash.digest('hex') })
}

/** Ends a transfer that keeps us waiting: for its first byte, and then for the others. */
class PackageWatch extends Watch {
  readonly #patience: Patience
  #hasBegun = false
  #have = 0

  constructor(patience: Patience) {
    super(patience.firstByteMs)
    this.#patience = patience
  }

  /** The first byte is there. */
  begun(): void {
    this.#hasBegun = true
    this.wait(this.#patience.idleMs)
    this.expect(this.#patience.leastBytes)
  }

  override moved(bytes: number): void {
    this.#have += bytes
    super.moved(bytes)
  }

  get failure(): Failure | undefined {
    if (!this.stalled) return undefined
    const { seconds } = this
    return this.#hasBegun ? { kind: 'stalled', have: this.#have, seconds } : { kind: 'slow', seconds }
  }
}
