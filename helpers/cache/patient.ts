import { passes } from '../http/failure.ts'
import { LIMITS } from '../http/limits.ts'
import { persistently } from '../oci/persistence.ts'
import type { Failure } from './failure.ts'
import type { Place } from './place.ts'

/**
 * A place for whoever has time: one that is busy, or in trouble, is asked up to three times, as long apart as it
 * wants. Who only wants a package does not wait for one of several.
 */
export function patient(place: Place, limits = LIMITS): Place {
  return {
    ...place,
    open: (file, signal) => persistently(limits, isBusy, () => place.open(file, signal)),
  }
}

const isBusy = (failure: Failure): boolean => failure.kind === 'status' && passes(failure)
