import fs, { lstatSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/**
 * Signs of life for those who cannot see our process, as they run in another container: the time of a file or a
 * symlink, renewed all the time.
 */
export interface Heartbeat {
  stop(): void
}

/** Who keeps the event loop busy for minutes gives none meanwhile, unless from a thread, which takes 15 ms to start. */
export function startHeartbeat(path: string, { isBusy = false } = {}): Heartbeat {
  if (isBusy) {
    try {
      return startThread(path)
    } catch {
      // There may be no thread to have: then as often as the event loop comes to it.
    }
  }
  const beat = setInterval(touch, BEAT_MS, fs, path)
  // It must not keep the process from ending.
  beat.unref()
  return { stop: () => clearInterval(beat) }
}

function startThread(path: string): Heartbeat {
  const thread = new Worker(
    `const touch = ${touch}
    const { path, ms } = require('node:worker_threads').workerData
    touch(require('node:fs'), path)
    setInterval(touch, ms, require('node:fs'), path)`,
    { eval: true, workerData: { path, ms: BEAT_MS } },
  )
  thread.unref()
  // Without it nobody who can see us is at a loss.
  thread.on('error', () => {})
  return { stop: () => void thread.terminate() }
}

/** False where there is nothing. */
export function hasHeartbeat(path: string): boolean {
  const made = lstatSync(path, { throwIfNoEntry: false })
  return made !== undefined && Date.now() - made.mtimeMs < SILENCE_MS
}

const BEAT_MS = 10 * 1000

/**
 * Who was silent for so long is held for dead: long enough for a machine that swaps, and short enough for whoever
 * comes after a container that was killed.
 */
export const SILENCE_MS = 2 * 60 * 1000

/** Goes into the thread as its text: must not use anything of this module. */
function touch({ lutimesSync }: Pick<typeof fs, 'lutimesSync'>, path: string): void {
  try {
    const now = Date.now() / 1000
    lutimesSync(path, now, now)
  } catch {
    // Whoever took it away thinks us dead; nothing can be done from here.
  }
}
