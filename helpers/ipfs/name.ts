import type { Result } from '../../core/result.ts'
import type { Failure } from '../fetch/failure.ts'

/** One who may have the record of an IPNS name. What it gives is checked here, not there. */
export interface RecordPlace {
  readonly name: string
  /** The bytes of a record that has `most` at most. */
  record(name: string, most: number, signal: AbortSignal): Promise<Result<Uint8Array, Failure>>
}
