import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { makeFolder } from './folder.ts'
import { formatProcess, isRunning, nameOf, type ProcessName, parseProcess } from './process.ts'

/**
 * Held for a moment by one process of many; the others wait.
 *
 * It is a symlink `N` to the name of its holder, in a folder of its own. Making one is a single step that only one
 * of many can do, and takes no room on a full disk. A dead holder is not removed but outbid by N+1; so no two can
 * both think that they took over from it.
 */
export interface Lock {
  release(): void
}

/** The lock of who takes things out of the store, held only while names vanish: builds that begin wait for it. */
export const lockStore = async (store: string): Promise<Lock> => takeLock(makeFolder(store, LOCK))

/** Takes the lock of a folder, which holds nothing else, as soon as nobody has it. */
export async function takeLock(folder: string): Promise<Lock> {
  const mine = formatProcess(nameOf(process.pid))
  for (;;) {
    const bids = bidsIn(folder)
    if (bids.some(bid => isHeld(folder, bid))) {
      await setTimeout(POLL_MS)
      continue
    }
    const bid = (bids.at(-1) ?? 0) + 1
    const path = join(folder, String(bid))
    if (!bidFor(path, mine)) continue
    // Others may have come and gone since we looked, and left a holder, with a higher number or a lower one.
    const others = bidsIn(folder).filter(other => other !== bid)
    if (others.some(other => isHeld(folder, other))) {
      rmSync(path, { force: true })
      await setTimeout(POLL_MS * Math.random())
      continue
    }
    for (const old of others) rmSync(join(folder, String(old)), { force: true })
    return { release: () => rmSync(path, { force: true }) }
  }
}

/** Waits until nobody takes things out of the store. */
export async function untilUnlocked(store: string): Promise<void> {
  const folder = join(store, LOCK)
  if (!existsSync(folder)) return
  while (bidsIn(folder).some(bid => isHeld(folder, bid))) await setTimeout(POLL_MS)
}

const POLL_MS = 10

/** A holder whose process cannot be seen is believed in for so long; none needs as much. */
const STALE_MS = 10 * 60 * 1000

const LOCK = 'lock'

function bidsIn(folder: string): readonly number[] {
  try {
    return readdirSync(folder)
      .filter(name => /^[1-9]\d{0,14}$/.test(name))
      .map(Number)
      .sort((a, b) => a - b)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function isHeld(folder: string, bid: number): boolean {
  const path = join(folder, String(bid))
  const holder = holderOf(path)
  const running = holder && isRunning(holder)
  if (running !== undefined) return running
  const made = lstatSync(path, { throwIfNoEntry: false })
  return made !== undefined && Date.now() - made.ctimeMs < STALE_MS
}

function holderOf(path: string): ProcessName | undefined {
  try {
    return parseProcess(readlinkSync(path))
  } catch {
    return undefined
  }
}

function bidFor(path: string, holder: string): boolean {
  try {
    symlinkSync(holder, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
