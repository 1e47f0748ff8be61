import type { Sha256 } from '../../core/digest.ts'
import type { Message } from '../../core/message.ts'
import type { Result } from '../../core/result.ts'
import type { Failure } from './failure.ts'

/**
 * A place that holds a package cache: a flat folder of files, whatever carries it. The names are
 * those of names.ts and are all that is asked for; nothing is listed. Nothing that comes from a
 * place is believed before somebody compared it with a signature.
 */
export interface Place {
  /** Its url, as the user gave it. */
  readonly name: string
  /** What was named to reach it by, and cannot be used; the rest can. */
  readonly problems?: readonly Message[]
  /**
   * Opens a file. `signal` ends the question, and the bytes of the answer too. Waiting is bounded by
   * the caller, not by the place.
   */
  open(file: string, signal: AbortSignal): Promise<Result<Opened, Failure>>
  /** Lets go of connections; nothing is opened afterwards. */
  close(): Promise<void>
}

/** A file that a place has begun to give. */
export interface Opened {
  /** Read once at most. Throws `Broken` where they break off; who stops reading ends the transfer. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** In bytes, if the place tells. It may be wrong. */
  readonly length?: number
  /** What the place says the bytes have, where it knows. It may be wrong. */
  readonly sha256?: Sha256
  /** For those who do not read the bytes; harmless otherwise. */
  close(): void
}

/** The same, for those who write. */
export interface Publisher {
  readonly name: string
  /** Copies the file at `path` under this name, in one step; one that is there is replaced. */
  put(file: string, path: string): Promise<Result<void, Failure>>
  /** Lets go of connections; nothing is put afterwards. */
  close(): Promise<void>
}

/** Why a url cannot be used, as the end of a sentence. */
export type Fault = string
