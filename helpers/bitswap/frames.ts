import { ok, type Result, refuse } from '../../core/result.ts'
import type { Failure } from '../http/failure.ts'
import { LONGEST, numberAt } from './varint.ts'

/** The messages in a stream, each behind its length; the last one is a failure if a length is absurd. */
export async function* framesOf(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Result<Uint8Array, Failure>> {
  let kept: Uint8Array[] = []
  let have = 0
  let want = 1
  for await (const chunk of chunks) {
    kept.push(chunk)
    have += chunk.length
    if (have < want) continue
    let rest: Uint8Array = Buffer.concat(kept)
    for (;;) {
      const length = numberAt(rest)
      if (length ? length.value > most : rest.length >= LONGEST) {
        yield refuse({ kind: 'endless', limit: most })
        return
      }
      want = length ? length.size + length.value : rest.length + 1
      if (!length || rest.length < want) break
      yield ok(rest.subarray(length.size, want))
      rest = rest.subarray(want)
    }
    kept = [rest]
    have = rest.length
  }
}
