import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { hasEnded } from '../../core/process.ts'

/** Nothing is on its way that long without being written to. */
const STALE_MS = 10 * 60 * 1000

/**
 * A new name in the store for a package that is on its way. Those of processes that are gone are swept, but
 * stale ones alone: a store may be shared with a container, whose processes cannot be seen.
 */
export function incomingPath(store: string, hash: Sha256): string {
  const folder = join(store, 'incoming')
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const pid = /^[0-9a-f]{64}\.(\d+)\./.exec(name)?.[1]
    const stats = lstatSync(join(folder, name), { throwIfNoEntry: false })
    const isStale = stats !== undefined && Date.now() - stats.mtimeMs > STALE_MS
    if (pid && isStale && hasEnded(Number(pid))) rmSync(join(folder, name), { force: true })
  }
  return join(folder, `${hash}.${process.pid}.${randomBytes(4).toString('hex')}`)
}
