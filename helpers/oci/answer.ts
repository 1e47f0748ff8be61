import { gathered } from '../../core/gathered.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Response } from '../http/http.ts'
import { type OciFailure, thrownFailure, tooLarge } from './failure.ts'

/** What a registry says. */
export interface Answer {
  readonly status: number
  readonly headers: Response['headers']
  /** Its bytes. Throws an OciRefusal when they no longer come. To be read, or else dropped. */
  readonly body: AsyncIterable<Uint8Array>
  drop(): void
}

/** The whole of a short answer. */
export async function readSmall(answer: Answer, limit: number): Promise<Result<Buffer, OciFailure>> {
  try {
    if (Number(answer.headers['content-length'] ?? 0) > limit) {
      answer.drop()
      return refuse(tooLarge(limit))
    }
    const bytes = await gathered(answer.body, limit)
    return bytes ? ok(bytes) : refuse(tooLarge(limit))
  } catch (error) {
    return refuse(thrownFailure(error))
  }
}
