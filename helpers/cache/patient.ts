import { setTimeout as sleep } from 'node:timers/promises'
import { passes } from '../http/failure.ts'
import { LIMITS } from '../http/limits.ts'
import { pauseMs } from '../oci/persistence.ts'
import type { Place } from './place.ts'

/**
 * A place for whoever has time: one that is busy, or in trouble, is asked up to three times, as long apart as it
 * wants. Who only wants a package does not wait for one of several.
 */
export function patient(place: Place, limits = LIMITS): Place {
  return {
    ...place,
    open: async (file, signal) => {
      for (let attempt = 1; ; attempt++) {
        const opened = await place.open(file, signal)
        if (opened.ok || opened.error.kind !== 'status' || !passes(opened.error)) return opened
        if (attempt >= limits.attempts) return opened
        await sleep(pauseMs(attempt, opened.error, limits))
      }
    },
  }
}
