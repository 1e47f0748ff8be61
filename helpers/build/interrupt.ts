import { constants } from 'node:os'
import { killSandbox } from '../sandbox/sandbox.ts'
import { removeLastWork } from './work.ts'

/** Ctrl-C and its kin end the build at once. */
export function endOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => endNow(128 + constants.signals[signal]))
  }
}

/**
 * Ends the build and this process and leaves nothing behind. After a SIGKILL, which nobody can
 * answer, the sandbox dies by itself and the next build sweeps the folder.
 */
export function endNow(status: number): never {
  killSandbox()
  try {
    removeLastWork()
  } catch {
    // A dying build may still write; then the next one sweeps.
  }
  process.exit(status)
}
