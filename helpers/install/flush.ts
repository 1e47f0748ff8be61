import { spawnSync } from 'node:child_process'
import { findProgram } from '../../core/missing.ts'

/**
 * Has all that was written below a folder on the disk, so that a power cut leaves no journal of files
 * that are not there. By sync(1), which knows syncfs(2): one call in place of one for each file. Without it, a
 * killed process is recovered from all the same.
 */
export function flushDisk(folder: string): void {
  const sync = findProgram('sync')
  if (sync !== undefined) spawnSync(sync, ['-f', folder], { stdio: 'ignore' })
}
