import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { Message } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { distfilePath } from '../../core/store.ts'
import { describe, type Failure, passes } from '../http/failure.ts'
import type { Limits } from '../http/limits.ts'
import type { IpfsReader } from './ipfs.ts'
import { hostOf, nickname, type Origin } from './origin.ts'
import { busyProcess, openPart, type Part } from './part.ts'
import { nowhere, storeTrouble, type Tried } from './refusal.ts'
import type { Reporter } from './reporter.ts'
import type { FetchRequest } from './request.ts'
import { transfer } from './transfer.ts'

export interface Obtaining {
  readonly tree: string
  readonly store: string
  readonly limits: Limits
  readonly dispatcher: Dispatcher
  /** Loads what reads sources by CID; one for the run. */
  readonly ipfs: () => Promise<IpfsReader>
  /** For the docker config. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly report: Reporter
  /** Hosts that kept a source of this run waiting for nothing: the others ask them last. */
  readonly mute: Set<string>
}

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
    return await fromFirst(request, origins, part, run)
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

async function fromFirst(
  request: FetchRequest,
  origins: readonly Origin[],
  part: Part,
  run: Obtaining,
): Promise<Result<Origin | undefined, Message>> {
  if (part.size > 0 && part.digest() === request.sha256) {
    await part.keep() // its last owner was stopped just before this
    return ok(undefined)
  }
  const tried: Tried[] = []
  const isMute = (origin: Origin): number => Number(run.mute.has(hostOf(origin) ?? ''))
  const ordered = [...origins].sort((a, b) => isMute(a) - isMute(b))
  const queue = ordered.map((origin, index) => ({
    origin,
    again: index === ordered.length - 1,
    isSecond: false,
  }))
  for (const [index, { origin, again, isSecond }] of queue.entries()) {
    const turn = { last: index === queue.length - 1, again, isSecond }
    run.report.started(request.file, nickname(origin, run.tree))
    const failure = await fromOne(request, origin, part, turn, run)
    if (!failure) {
      const { size } = part
      await part.keep()
      run.report.fetched(request.file, size)
      return ok(origin)
    }
    if (failure.kind === 'disk') {
      await part.discard()
      return refuse(storeTrouble(request, run.store, failure))
    }
    const host = hostOf(origin)
    if (host !== undefined && isWait(failure)) run.mute.add(host)
    run.report.failed(request.file, nickname(origin, run.tree), describe(failure), turn.last)
    if (failure.kind === 'stalled' && failure.hasty) queue.push({ origin, again: true, isSecond: true })
    else tried.push({ origin, failure })
  }
  await part.release()
  return refuse(nowhere(request, tried))
}

/** Asks one place until it gives the source, or fails for good. */
async function fromOne(
  request: FetchRequest,
  origin: Origin,
  part: Part,
  { last, again, isSecond }: { readonly last: boolean; readonly again: boolean; readonly isSecond: boolean },
  run: Obtaining,
): Promise<Failure | undefined> {
  const { limits, report } = run
  let etag: string | undefined
  let afresh = false
  let furthest = part.size
  for (let attempt = 1; ; attempt++) {
    const answer = await transfer({
      ...run,
      origin,
      last,
      again,
      part,
      etag,
      file: request.file,
      size: request.size,
      moved: (have, total) => report.moved(request.file, have, total),
      answered: tag => {
        etag = tag
      },
    })
    if (answer.ok) {
      const got = part.digest()
      if (got === request.sha256) return undefined
      const bytes = part.size
      await part.restart()
      const { kept, page = false } = answer.value
      if (kept === 0 || afresh) return { kind: 'digest', got, bytes, page }
      afresh = true // the bytes kept from before may have been the wrong ones; this place deserves a turn of its own
      continue
    }
    const failure = answer.error
    // A server may announce more than there is.
    if (failure.kind === 'cut' && part.digest() === request.sha256) return undefined
    if (failure.kind === 'endless' || failure.kind === 'size') await part.restart()
    if (part.size >= furthest + HEADWAY) {
      furthest = part.size
      attempt = 1 // a poor connection, but a long file does arrive over it
    }
    // One that was silent before, and is again, has had its turns.
    if (isSecond && isWait(failure)) return failure
    const pause = pauseAfter(failure, attempt, last, limits)
    if (pause === undefined) return failure
    await sleep(pause)
  }
}

/** How long to wait before a place is asked again; undefined if it shall not be. */
export function pauseAfter(
  failure: Failure,
  attempt: number,
  last: boolean,
  limits: Limits,
): number | undefined {
  if (!passes(failure) || attempt >= limits.attempts) return undefined
  if (isWait(failure) && !last) return undefined // another place may be quicker than this one's patience
  const backoff = limits.backoffMs * 2 ** (attempt - 1)
  const asked = failure.kind === 'status' ? (failure.retryAfterMs ?? 0) : 0
  if (asked > limits.retryAfterMs) return last ? limits.retryAfterMs : undefined
  return Math.max(backoff, asked)
}

/** Whether it cost all the patience that there is. */
const isWait = (failure: Failure): boolean =>
  failure.kind === 'stalled' ||
  (failure.kind === 'connection' && ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'].includes(failure.code))

/** How far an attempt must get to be no failure. */
const HEADWAY = 2 ** 20
