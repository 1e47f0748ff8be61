import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { isAlive } from '../build/work.ts'

/** A name in the store for a package that is on its way: nobody else's, and swept when its process is gone. */
export function incomingPath(store: string, hash: Sha256): string {
  const folder = join(store, 'incoming')
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const pid = /^[0-9a-f]{64}\.(\d+)$/.exec(name)?.[1]
    if (pid && (Number(pid) === process.pid || !isAlive(Number(pid))))
      rmSync(join(folder, name), { force: true })
  }
  return join(folder, `${hash}.${process.pid}`)
}
