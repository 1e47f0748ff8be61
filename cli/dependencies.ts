import { join } from 'node:path'
import type { Message } from '../core/message.ts'
import { byCodeUnit } from '../core/order.ts'
import { ok, type Result } from '../core/result.ts'
import type { FetchRequest } from '../helpers/fetch/request.ts'
import { closureOf, type Manifests, readable, readTree } from './manifests.ts'
import type { Refusal } from './output.ts'

/** The packages and all that must be built for them, and for their tests. */
export async function withDependencies(
  root: string,
  names: readonly string[],
): Promise<Result<readonly string[], Refusal>> {
  const read = await readTree(root)
  if (!read.ok) return read
  return dependenciesIn(read.value, names)
}

const dependenciesIn = (manifests: Manifests, names: readonly string[]): Result<readonly string[], Refusal> =>
  closureOf(manifests, names, pkg => [...pkg.buildDeps, ...pkg.runDeps, ...pkg.testDeps])

/** A source, and the packages that want it. */
interface WantedSource {
  readonly request: FetchRequest
  readonly packages: readonly string[]
}

interface WantedSources {
  readonly packages: readonly string[]
  readonly sources: readonly WantedSource[]
  /** Where the whole tree is asked for: what is wrong with packages that are not among these. */
  readonly problems: readonly Message[]
}

/** The sources of the packages and of all that must be built for them; of the whole tree where none is named. */
export async function wantedSources(
  root: string,
  names: readonly string[],
): Promise<Result<WantedSources, Refusal>> {
  const read = await readTree(root)
  if (!read.ok) return read
  const wanted = names.length > 0 ? names : [...read.value.packages.keys()]
  const all = dependenciesIn(read.value, wanted)
  if (!all.ok) return all
  const sources = new Map<string, WantedSource>()
  for (const name of [...all.value].sort(byCodeUnit)) {
    const found = readable(read.value, name)
    if (!found.ok) return found
    for (const { file, sha256, urls } of found.value.sources) {
      const before = sources.get(sha256)
      const at = { file: join('pkg', name, 'package.ts'), line: 1, column: 1 }
      sources.set(sha256, {
        request: { file, sha256, urls: [...new Set([...(before?.request.urls ?? []), ...urls])], at },
        packages: [...(before?.packages ?? []), name],
      })
    }
  }
  return ok({
    packages: [...all.value].sort(byCodeUnit),
    sources: [...sources.values()],
    problems: names.length > 0 ? [] : read.value.problems,
  })
}
