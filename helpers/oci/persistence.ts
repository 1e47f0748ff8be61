import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../../core/result.ts'
import type { Limits } from '../http/limits.ts'
import { mayPass, type OciFailure } from './failure.ts'

/** Does it again while its failure may pass, as often as the limits allow. */
export async function persistently<T>(
  limits: Limits,
  act: () => Promise<Result<T, OciFailure>>,
): Promise<Result<T, OciFailure>> {
  for (let attempt = 1; ; attempt++) {
    const done = await act()
    if (done.ok || attempt >= limits.attempts || !mayPass(done.error)) return done
    await sleep(pauseMs(attempt, done.error, limits))
  }
}

/** How long to wait after a failed attempt; the first is 1. At least what the registry asks for, within the limits. */
export function pauseMs(attempt: number, failure: OciFailure, limits: Limits): number {
  const asked = failure.kind === 'status' ? (failure.retryAfterMs ?? 0) : 0
  return Math.max(limits.backoffMs * 2 ** (attempt - 1), Math.min(asked, limits.retryAfterMs))
}
