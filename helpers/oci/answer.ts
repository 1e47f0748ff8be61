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
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    if (Number(answer.headers['content-length'] ?? 0) > limit) {
      answer.drop()
      return refuse(tooLarge(limit))
    }
    for await (const chunk of answer.body) {
      size += chunk.length
      if (size > limit) return refuse(tooLarge(limit))
      chunks.push(chunk)
    }
    return ok(Buffer.concat(chunks))
  } catch (error) {
    return refuse(thrownFailure(error))
  }
}
