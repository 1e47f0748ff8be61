import type { Message } from '../core/message.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Package } from '../generator/package.ts'
import { requireTree } from './find.ts'
import type { Refusal } from './say.ts'

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
