import { ok, type Result, refuse } from '../../core/result.ts'
import type { Network } from '../fetch/download.ts'
import { readListing, readTags, type Told } from './place.ts'
import { compareVersions } from './version.ts'

/** Where newer versions are found, as a manifest says it: `pattern` is of a version in a name, which its first group holds. */
export interface Watched {
  readonly kind: 'listing' | 'git-tags'
  readonly url: string
  readonly pattern: string
}

/**
 * The newest version at each place, in their order; else why it is not known, as a sentence without its subject. A place that
 * several name is asked once. `jobs` are asked at a time.
 */
export async function newestVersions(
  places: readonly Watched[],
  network: Network,
  jobs: number,
  signal: AbortSignal,
): Promise<readonly Result<string, string>[]> {
  const told = new Map<string, Told>()
  const queue = new Map(places.map(place => [idOf(place), place])).entries()
  const worker = async (): Promise<void> => {
    for (const [id, { kind, url }] of queue)
      told.set(id, await (kind === 'listing' ? readListing(url, network, signal) : readTags(url, signal)))
  }
  await Promise.all(Array.from({ length: jobs }, worker))
  return places.map(place => newestIn(place, told.get(idOf(place)) ?? refuse('nothing')))
}

const idOf = ({ kind, url }: Watched): string => `${kind} ${url}`

function newestIn({ pattern }: Watched, told: Told): Result<string, string> {
  if (!told.ok) return refuse(`gave ${told.error}`)
  const found = told.value.flatMap(text =>
    [...text.matchAll(new RegExp(pattern, 'g'))].map(([, version]) => version ?? ''),
  )
  const [newest] = found.filter(version => /[0-9]/.test(version)).sort((a, b) => compareVersions(b, a))
  return newest === undefined ? refuse('has nothing that the pattern fits') : ok(newest)
}
