import { type Sha256, sha256 } from '../../../core/digest.ts'
import { dependencyIn } from '../../../core/pkgkey.ts'
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

interface ChangedDependency {
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

/**
 * Follows changed dependencies down to the keys in which something else than a dependency changed. A list and
 * not a recursion, as chains may be long.
 */
export function reason(name: string, before: string, after: string, keys: Keys): Reason {
  const told = new Set<string>()
  const top = compare(name, before, after)
  const open = [top]
  for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
    const { value: changed, done } = at.changed.next()
    if (done) {
      open.pop()
      continue
    }
    const was = keys.byHash(changed.built)
    const is = keys.present(changed.name)
    const first = !told.has(changed.name)
    told.add(changed.name)
    const inner = first && was !== undefined && is !== undefined ? compare(changed.name, was, is) : undefined
    at.dependencies.push({ ...changed, reason: inner?.reason ?? null })
    if (inner) open.push(inner)
  }
  return top.reason
}

/** In what two keys differ, and the dependencies that are others now, whose own reasons are to be found. */
function compare(name: string, before: string, after: string) {
  const old = dependenciesIn(before)
  const changed = [...dependenciesIn(after)].flatMap(([dependency, present]) => {
    const built = old.get(dependency)
    return built === undefined || built === present ? [] : [{ name: dependency, built, present }]
  })
  const followed = new Set(changed.map(dependency => dependency.name))
  const rest = (text: string): readonly string[] =>
    lines(text).filter(line => !followed.has(dependencyIn(line)?.name ?? ''))
  const dependencies: ChangedDependency[] = []
  const changes = difference(rest(before), rest(after))
  const reason: Reason = { name, built: sha256(before), present: sha256(after), changes, dependencies }
  return { reason, dependencies, changed: changed.values() }
}

const lines = (text: string): readonly string[] => text.replace(/\n$/, '').split('\n')

const dependenciesIn = (text: string): ReadonlyMap<string, Sha256> =>
  new Map(
    lines(text)
      .flatMap(line => dependencyIn(line) ?? [])
      .map(({ name, hash }) => [name, hash]),
  )
