import type { Message } from '../core/message.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Package } from '../generator/package.ts'
import { requireTree } from './find.ts'
import type { Refusal } from './output.ts'

/** What the manifests say, as far as they could be read. */
export interface Manifests {
  readonly packages: ReadonlyMap<string, Package>
  /** What is wrong with those that are not among `packages`. */
  readonly problems: readonly Message[]
}

/** Reads some manifests, or all. A package that has problems does not keep others from being read. */
export async function readTree(root: string, names?: readonly string[]): Promise<Result<Manifests, Refusal>> {
  const tree = requireTree(root)
  if (!tree.ok) return tree
  const [{ readPackages }, { describe }] = await Promise.all([
    import('../generator/read.ts'),
    import('../generator/problem.ts'),
  ])
  const { packages, problems } = await readPackages(root, names)
  return ok({ packages, problems: problems.map(describe) })
}

/** The package, or all that is wrong where it has no readable manifest. */
export function readable({ packages, problems }: Manifests, name: string): Result<Package, Refusal> {
  const found = packages.get(name)
  return found ? ok(found) : refuse({ status: 2, messages: problems })
}

/**
 * The packages that are met from `starts`, each once, in the order in which a reader of the manifests
 * meets them: a package, then all that its first dependency leads to, then its second. That is the
 * order of the emitted `.closure`, which joins lists and keeps the first of equal lines.
 */
export function closureOf(
  manifests: Manifests,
  starts: readonly string[],
  next: (pkg: Package) => readonly string[],
): Result<readonly string[], Refusal> {
  const seen = new Set<string>()
  const open = [...starts].reverse()
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    const found = readable(manifests, name)
    if (!found.ok) return refuse(found.error)
    seen.add(name)
    open.push(...[...next(found.value)].reverse())
  }
  return ok([...seen])
}
