import { readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasHeartbeat, startHeartbeat } from './heartbeat.ts'
import { formatProcess, isRunning, nameOf, type ProcessName, parseProcess } from './process-name.ts'
import { targetIfReadable } from './readable.ts'
import { ok, type Result, refuse } from './result.ts'

/**
 * Held by one process of many.
 *
 * Node has no flock, so it is a symlink to the name of its holder: making one is a single step that only one of many
 * can do, and takes no room on a full disk. It is `lock.N`: a dead holder is not removed but outbid by `lock.N+1`; so no
 * two can both think that they took over from it.
 *
 * A process in another container cannot be seen. It is believed in while the symlink has its heartbeat.
 */
export interface Lock {
  /** False when somebody has removed it, as with the whole folder. */
  readonly isHeld: boolean
  release(): void
}

/** Takes the lock of a folder, or tells who has it. `isBusy`: it is held by who keeps the event loop busy for long. */
export function tryLock(folder: string, { isBusy = false } = {}): Result<Lock, ProcessName> {
  const mine = formatProcess(nameOf(process.pid))
  for (;;) {
    const bids = bidsIn(folder)
    const holder = holderAmong(bids)
    if (holder !== undefined) return refuse(holder)
    const bid = (bids.at(-1)?.number ?? 0) + 1
    const path = join(folder, `${LOCK}${bid}`)
    if (!put(mine, path)) continue
    // Others may have come and gone since we looked, and left a holder, with a higher number or a lower one.
    const others = bidsIn(folder).filter(({ number }) => number !== bid)
    if (holderAmong(others) !== undefined) {
      rmSync(path, { force: true })
      continue
    }
    for (const old of others) rmSync(old.path, { force: true })
    const heartbeat = startHeartbeat(path, { isBusy })
    const lock: Lock = {
      get isHeld() {
        return targetIfReadable(path) === mine
      },
      release() {
        heartbeat.stop()
        if (lock.isHeld) rmSync(path, { force: true })
      },
    }
    return ok(lock)
  }
}

/** Who has the lock of a folder. */
export const lockHolder = (folder: string): ProcessName | undefined => holderAmong(bidsIn(folder))

/** Takes it as soon as nobody has it. */
export async function takeLock(folder: string): Promise<Lock> {
  for (;;) {
    const lock = tryLock(folder)
    if (lock.ok) return lock.value
    // Not all at the same moments.
    await sleep(POLL_MS * (0.5 + Math.random()))
  }
}

/** Waits until nobody has it, who may then be the first of the next. */
export async function untilUnlocked(folder: string): Promise<void> {
  while (lockHolder(folder) !== undefined) await sleep(POLL_MS)
}

const LOCK = 'lock.'

const POLL_MS = 10

interface Bid {
  readonly number: number
  readonly path: string
}

function bidsIn(folder: string): readonly Bid[] {
  return readdirSync(folder)
    .filter(name => /^lock\.[1-9]\d{0,14}$/.test(name))
    .map(name => ({ number: Number(name.slice(LOCK.length)), path: join(folder, name) }))
    .sort((a, b) => a.number - b.number)
}

const holderAmong = (bids: readonly Bid[]): ProcessName | undefined =>
  bids.map(({ path }) => holderOf(path)).find(holder => holder !== undefined)

/** Undefined where it is dead, and where somebody else put something into the place of a lock. */
function holderOf(path: string): ProcessName | undefined {
  try {
    const holder = parseProcess(readlinkSync(path))
    return holder && (isRunning(holder) ?? hasHeartbeat(path)) ? holder : undefined
  } catch {
    return undefined
  }
}

function put(holder: string, path: string): boolean {
  try {
    symlinkSync(holder, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
