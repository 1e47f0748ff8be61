import { isSha256, type Sha256, sha256 } from '../core/digest.ts'
import { type Change, difference } from './difference.ts'

/** In what the present key of a package differs from the one that it was built from. */
export interface Reason {
  readonly name: string
  /** Hashes of the two keys. */
  readonly built: Sha256
  readonly present: Sha256
  /** Lines of the key, but for those of `dependencies`. */
  readonly changes: readonly Change[]
  /** Dependencies, under both keys, that are other packages now. */
  readonly dependencies: readonly ChangedDependency[]
}

export interface ChangedDependency {
  readonly name: string
  readonly built: Sha256
  readonly present: Sha256
  /** Null where the older key is not known any more, or where the reason was told before. */
  readonly reason: Reason | null
}

/** Finds keys; undefined where there is none. */
export interface Keys {
  readonly byHash: (hash: Sha256) => string | undefined
  readonly present: (name: string) => string | undefined
}

/** Follows changed dependencies down to the keys in which something else than a dependency changed. */
export function reason(
  name: string,
  before: string,
  after: string,
  keys: Keys,
  told = new Set<string>(),
): Reason {
  const old = split(before)
  const young = split(after)
  const changed = [...young.dependencies].filter(([dependency, hash]) => {
    const was = old.dependencies.get(dependency)
    return was !== undefined && was !== hash
  })
  const followed = new Set(changed.map(([dependency]) => dependency))
  const rest = (text: string): readonly string[] =>
    lines(text).filter(line => !followed.has(dependencyIn(line)?.name ?? ''))
  return {
    name,
    built: sha256(before),
    present: sha256(after),
    changes: difference(rest(before), rest(after)),
    dependencies: changed.map(([dependency, present]) => {
      const built = old.dependencies.get(dependency) as Sha256
      const was = keys.byHash(built)
      const is = keys.present(dependency)
      const first = !told.has(dependency)
      told.add(dependency)
      return {
        name: dependency,
        built,
        present,
        reason:
          first && was !== undefined && is !== undefined ? reason(dependency, was, is, keys, told) : null,
      }
    }),
  }
}

const lines = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')

function split(text: string): { readonly dependencies: ReadonlyMap<string, Sha256> } {
  const found = lines(text).flatMap(line => dependencyIn(line) ?? [])
  return { dependencies: new Map(found.map(({ name, hash }) => [name, hash])) }
}

/** Lines of a recipe begin with `|`, so none is taken for a dependency. */
function dependencyIn(line: string): { readonly name: string; readonly hash: Sha256 } | undefined {
  const [kind, name, hash] = line.split(' ')
  if ((kind !== 'run-dep' && kind !== 'build-dep') || name === undefined) return undefined
  return hash !== undefined && isSha256(hash) ? { name, hash } : undefined
}
