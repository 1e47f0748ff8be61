import { setTimeout as sleep } from 'node:timers/promises'
import { retryAfter } from '../http/answer.ts'
import { type Answer, readSmall } from './answer.ts'
import type { OciFailure } from './failure.ts'

/** An answer that is neither yes nor no, with what the registry says of it. Reads the answer, or drops it. */
export async function statusFailure(answer: Answer): Promise<OciFailure> {
  const { status, headers } = answer
  const said = await wordsOf(answer)
  // Who is known and may not, or has no room left, is told why; to log in again would not help him.
  if (status === 401 || (status === 403 && said === undefined))
    return {
      kind: 'unauthorized',
      why: `HTTP ${status}: it does not allow this to you`,
    }
  return {
    kind: 'status',
    status,
    ...retryAfter(headers['retry-after']),
    ...(said === undefined ? {} : { said }),
  }
}

/** A reason comes with the number that it is for, or it is not waited for. */
const WORDS_MS = 5_000
const MAX_BYTES = 64 * 1024
const MAX_LENGTH = 300

/** `CODE: message`. Source of the form: OCI distribution specification 1.1, "Error Codes". */
async function wordsOf(answer: Answer): Promise<string | undefined> {
  const ended = new AbortController()
  const late = sleep(WORDS_MS, undefined, { signal: ended.signal }).catch(() => undefined)
  const text = await Promise.race([readSmall(answer, MAX_BYTES), late])
  ended.abort()
  if (text === undefined) answer.drop()
  return text?.ok ? wordsIn(text.value) : undefined
}

function wordsIn(bytes: Buffer): string | undefined {
  try {
    const { errors } = JSON.parse(bytes.toString('utf8')) as { readonly errors?: unknown }
    const [{ code, message }] = errors as [{ readonly code?: unknown; readonly message?: unknown }]
    const words = [code, message].filter(word => typeof word === 'string' && word !== '')
    return words.length === 0 ? undefined : words.join(': ').slice(0, MAX_LENGTH)
  } catch {
    return undefined // a page, or nothing
  }
}
