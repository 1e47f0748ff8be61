import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { firstToAnswer } from '../../core/first-to-answer.ts'
import type { Message } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { distfilePath } from '../../core/store.ts'
import { Candidate, type Obtaining } from './candidate.ts'
import type { Opening } from './opening.ts'
import type { Origin } from './origin.ts'
import { busyProcess, openPart, type Part } from './part.ts'
import { nowhere, storeTrouble } from './refusal.ts'
import type { FetchRequest } from './request.ts'

/** Brings one source into the store from the first place that has it. Answers that place; nothing if another process was faster. */
export async function obtain(
  request: FetchRequest,
  origins: readonly Origin[],
  run: Obtaining,
): Promise<Result<Origin | undefined, Message>> {
  let part: Part | undefined
  try {
    if (await broughtByAnother(request, run)) return ok(undefined)
    part = await openPart(run.store, request.sha256)
    return await fromAny(request, origins, part, run)
  } catch (error) {
    await part?.discard()
    return refuse(storeTrouble(request, run.store, error))
  }
}

/** Two builds at once want the same source: the later one waits for the earlier, as long as that is alive and moves. */
async function broughtByAnother(
  { sha256, file }: FetchRequest,
  { store, limits, report }: Obtaining,
): Promise<boolean> {
  const staleMs = limits.idleMs + limits.retryAfterMs
  let told = false
  for (;;) {
    const pid = busyProcess(store, sha256, staleMs)
    if (existsSync(distfilePath(store, sha256))) return true
    if (pid === undefined) return false
    if (!told) report.waiting(file, pid)
    told = true
    await sleep(100)
  }
}

async function fromAny(
  request: FetchRequest,
  origins: readonly Origin[],
  part: Part,
  run: Obtaining,
): Promise<Result<Origin | undefined, Message>> {
  if (part.size > 0 && part.digest() === request.sha256) {
    await part.keep() // its last owner was stopped just before this
    return ok(undefined)
  }
  let shown: string | undefined
  const show = (place: string): void => {
    if (place !== shown) run.report.started(request.file, place)
    shown = place
  }
  const candidates: Candidate[] = []
  for (const origin of origins)
    candidates.push(new Candidate(origin, { request, part, run, others: candidates, show }))
  for (;;) {
    const open = candidates.filter(({ failure }) => failure === undefined)
    open.sort((a, b) => Number(a.isSlow) - Number(b.isSlow))
    const first = await firstToAnswer<Opening, Candidate>(open, run.limits.nextAfterMs)
    if (first === undefined) break
    const { winner, answer } = first
    if (!(await winner.take(answer))) continue
    const { size } = part
    await part.keep()
    run.report.fetched(request.file, size)
    return ok(winner.origin)
  }
  await part.release()
  const tried = candidates.flatMap(({ origin, failure }) =>
    failure === undefined ? [] : { origin, failure },
  )
  return refuse(nowhere(request, tried))
}
