import { writeAll } from '../core/write-all.ts'

/** A closed stderr is no error. */
export function writeStderr(bytes: Uint8Array): void {
  try {
    writeAll(2, bytes)
  } catch {
    // There is nobody to tell.
  }
}
