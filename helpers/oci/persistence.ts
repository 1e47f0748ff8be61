import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../../core/result.ts'
import type { Limits } from '../http/limits.ts'

/** A failure, with how long whoever gave it asks to be left alone. */
interface Refused {
  readonly kind: string
  readonly retryAfterMs?: number
}

/** Does it again while its failure may pass, as often as the limits allow. */
export async function persistently<T, Failure extends Refused>(
  limits: Limits,
  mayPass: (failure: Failure) => boolean,
  act: () => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  for (let attempt = 1; ; attempt++) {
    const done = await act()
    if (done.ok || attempt >= limits.attempts || !mayPass(done.error)) return done
    await sleep(pauseMs(attempt, done.error, limits))
  }
}

/** How long to wait after a failed attempt; the first is 1. At least what is asked for, within the limits. */
export function pauseMs(attempt: number, { retryAfterMs = 0 }: Refused, limits: Limits): number {
  return Math.max(limits.backoffMs * 2 ** (attempt - 1), Math.min(retryAfterMs, limits.retryAfterMs))
}
