import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { InstallProblem } from './problem.ts'
import type { Installed } from './record.ts'

interface Wish {
  /** Packages to be there, with all that they need. */
  readonly add: readonly Installed[]
  /** Names of packages to go. */
  readonly remove: readonly string[]
}

/**
 * The packages that a root is to hold: those somebody asked for and what they need, sorted by name.
 * What was brought along goes when nothing needs it any longer; what something needs cannot go. A
 * package that stays as it is, is the very object of `installed`.
 */
export function desiredPackages(
  installed: readonly Installed[],
  { add, remove }: Wish,
): Result<readonly Installed[], readonly InstallProblem[]> {
  const before = new Map(installed.map(one => [one.name, one]))
  const unknown = remove.filter(name => !before.has(name))
  if (unknown.length > 0)
    return refuse(unknown.map(name => ({ kind: 'not installed', name, names: [...before.keys()] })))

  const all = new Map(before)
  for (const one of add) {
    const there = before.get(one.name)
    // What is asked for comes again although it is there: it may have been damaged.
    if (one.asked || there?.hash !== one.hash)
      all.set(one.name, { ...one, asked: one.asked || (there?.asked ?? false) })
  }
  const asked = [...all.values()].filter(one => one.asked && !remove.includes(one.name))
  const kept = new Map<string, Installed>()
  const open = [...asked]
  for (let one = open.pop(); one; one = open.pop()) {
    if (kept.has(one.name)) continue
    kept.set(one.name, one)
    open.push(...one.needs.flatMap(name => all.get(name) ?? []))
  }
  const problems = remove
    .filter(name => kept.has(name))
    .map((name): InstallProblem => {
      const by = [...kept.values()].filter(one => one.needs.includes(name)).map(one => one.name)
      return { kind: 'needed', name, by: by.sort(byCodeUnit) }
    })
  if (problems.length > 0) return refuse(problems)
  return ok([...kept.values()].sort((a, b) => byCodeUnit(a.name, b.name)))
}
