import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../../core/result.ts'
import type { Limits } from '../http/limits.ts'
import { mayPass, type OciFailure } from './failure.ts'

/** Does something as often as it may fail and pass, with a longer pause each time. */
export async function patiently<Value>(
  { attempts, backoffMs }: Limits,
  work: () => Promise<Result<Value, OciFailure>>,
): Promise<Result<Value, OciFailure>> {
  for (let attempt = 1; ; attempt++) {
    const done = await work()
    if (done.ok || attempt >= attempts || !mayPass(done.error)) return done
    await sleep(backoffMs * 2 ** (attempt - 1))
  }
}
