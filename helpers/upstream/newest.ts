import { atMost } from '../../core/at-most.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Network } from '../http/download.ts'
import { readListing, readTags, type Told } from './listing.ts'
import { compareVersions } from './version.ts'

/** Where newer versions are found, as a manifest says it: `pattern` is of a version in a name, which its first group holds. */
interface Watched {
  readonly kind: 'listing' | 'git-tags'
  readonly url: string
  readonly pattern: string
}

/** Somebody, such as a package, who says where newer versions of it are found. */
export interface Watcher {
  readonly update: Watched
}

/**
 * Each with its newest version, in any order; else why that is not known, as a sentence without its subject. What several
 * have in common is asked for once. `jobs` are asked at a time.
 */
export async function newestVersions<Of extends Watcher>(
  watchers: readonly Of[],
  network: Network,
  jobs: number,
  signal: AbortSignal,
): Promise<readonly (readonly [Of, Result<string, string>])[]> {
  const groups = new Map<string, readonly [Of, ...Of[]]>()
  for (const one of watchers) groups.set(idOf(one), [one, ...(groups.get(idOf(one)) ?? [])])
  const found: (readonly [Of, Result<string, string>])[] = []
  await atMost(jobs, [...groups.values()], async group => {
    const { kind, url } = group[0].update
    const told = await (kind === 'listing' ? readListing(url, network, signal) : readTags(url, signal))
    for (const one of group) found.push([one, newestIn(one.update, told)])
  })
  return found
}

const idOf = ({ update: { kind, url } }: Watcher): string => `${kind} ${url}`

function newestIn({ pattern }: Watched, told: Told): Result<string, string> {
  if (!told.ok) return refuse(`gave ${told.error}`)
  const found = told.value.flatMap(text =>
    [...text.matchAll(new RegExp(pattern, 'g'))].map(([, version]) => version ?? ''),
  )
  const [newest] = found.filter(version => /[0-9]/.test(version)).sort((a, b) => compareVersions(b, a))
  return newest === undefined ? refuse('has nothing that the pattern fits') : ok(newest)
}
