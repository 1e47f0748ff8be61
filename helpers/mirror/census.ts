import { atMost } from '../../core/at-most.ts'
import type { Sha256 } from '../../core/digest.ts'
import type { Mirrors } from '../fetch/mirrors.ts'
import { address, type Origin, originsOf } from '../fetch/origin.ts'
import type { FetchRequest } from '../fetch/request.ts'
import { type Asking, questionFor } from './question.ts'

/** Where a source can be had now. */
export interface Availability {
  readonly file: string
  readonly sha256: Sha256
  /** Those who have it, each once. */
  readonly owners: readonly string[]
  readonly places: readonly PlaceAnswer[]
}

interface PlaceAnswer {
  readonly kind: Origin['kind']
  readonly at: string
  readonly owner: string
  readonly has: boolean
  /** Why not; null where it has it. */
  readonly why: string | null
}

/** Asks all places of all sources, a few at once, and answers in the order of the requests. */
export async function census(
  requests: readonly FetchRequest[],
  mirrors: Mirrors,
  asking: Asking,
  jobs: number,
): Promise<readonly Availability[]> {
  const answers = requests.map(request => ({
    request,
    places: originsOf(request, mirrors).map(origin => ({ origin, why: undefined as string | undefined })),
  }))
  const questions = answers.flatMap(({ request, places }) => places.map(place => ({ request, place })))
  await atMost(jobs, questions, async ({ request, place }) => {
    place.why = await questionFor(place.origin).ask(place.origin, request, asking)
  })
  return answers.map(({ request: { file, sha256 }, places }) => {
    const told = places.map(({ origin, why }) => ({
      kind: origin.kind,
      at: address(origin),
      owner: questionFor(origin).owner(origin),
      has: why === undefined,
      why: why ?? null,
    }))
    const owners = [...new Set(told.filter(({ has }) => has).map(({ owner }) => owner))]
    return { file, sha256, owners, places: told }
  })
}
