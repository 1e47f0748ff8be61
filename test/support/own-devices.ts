import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An ordinary user owns no device; root shows a sandbox others than the machine's, where `place` takes them. */
export function hasOwnDevices(place = tmpdir()): boolean {
  if (process.getuid?.() !== 0) return true
  const folder = mkdtempSync(join(place, 'coolports devices-'))
  try {
    return spawnSync('mknod', [join(folder, 'null'), 'c', '1', '3']).status === 0
  } finally {
    rmSync(folder, { recursive: true })
  }
}
