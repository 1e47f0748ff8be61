import { lstatSync, lutimesSync } from 'node:fs'

/**
 * Signs of life for those who cannot see our process, as they run in another container: the time of a file or a
 * symlink, renewed all the time. Who keeps the event loop busy for long gives none meanwhile.
 */
export interface Heartbeat {
  stop(): void
}

export function startHeartbeat(path: string): Heartbeat {
  const beat = setInterval(() => touch(path), BEAT_MS)
  // It must not keep the process from ending.
  beat.unref()
  return { stop: () => clearInterval(beat) }
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

function touch(path: string): void {
  try {
    const now = Date.now() / 1000
    lutimesSync(path, now, now)
  } catch {
    // Whoever took it away thinks us dead; nothing can be done from here.
  }
}
