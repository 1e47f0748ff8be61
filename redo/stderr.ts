import { writeSync } from 'node:fs'

/** Writes all of it, also when stderr is a pipe that somebody made non-blocking; a closed one is no error. */
export function writeStderr(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(2, bytes, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
