import type { Place } from '../core/message.ts'
import type { Edge } from './package.ts'
import type { Problem } from './problem.ts'

type Circle = Extract<Problem, { kind: 'cycle' }>

/** These packages, and all that depend on them in one step or many. */
export function dependentsOf(
  names: readonly string[],
  dependencies: ReadonlyMap<string, readonly Edge[]>,
): ReadonlySet<string> {
  const found = new Set(names)
  if (found.size === 0) return found
  const dependents = new Map<string, string[]>()
  for (const [name, edges] of dependencies) {
    for (const { to } of edges) {
      const known = dependents.get(to)
      if (known) known.push(name)
      else dependents.set(to, [name])
    }
  }
  // A set that grows while it is walked: each package is walked once.
  for (const name of found) for (const dependent of dependents.get(name) ?? []) found.add(dependent)
  return found
}

/**
 * Finds the circles among dependencies; each circle is told once, with its whole trail.
 * A test may need what needs the package, so testDeps close no circle.
 */
export function findCycles(
  dependencies: ReadonlyMap<string, readonly Edge[]>,
  placeOf: (name: string, path: Edge['path']) => Place,
): readonly Circle[] {
  const edges = new Map(
    [...dependencies].map(([name, all]) => [name, all.filter(({ path }) => path[0] !== 'testDeps')]),
  )
  const circles: Circle[] = []
  const state = new Map<string, 'open' | 'done'>()
  for (const start of edges.keys()) {
    if (state.has(start)) continue
    // An explicit stack: ten thousand packages in a row would be too deep for calls.
    const trail: { readonly name: string; next: number }[] = [{ name: start, next: 0 }]
    state.set(start, 'open')
    while (trail.length > 0) {
      const step = trail.at(-1) as { readonly name: string; next: number }
      const edge = edges.get(step.name)?.[step.next++]
      if (!edge) {
        state.set(step.name, 'done')
        trail.pop()
      } else if (!state.has(edge.to)) {
        state.set(edge.to, 'open')
        trail.push({ name: edge.to, next: 0 })
      } else if (state.get(edge.to) === 'open') {
        const circle = trail.slice(trail.findIndex(one => one.name === edge.to))
        circles.push({
          kind: 'cycle',
          trail: circle.flatMap(({ name, next }) => {
            const taken = edges.get(name)?.[next - 1]
            return taken ? [{ name, at: placeOf(name, taken.path) }] : []
          }),
        })
      }
    }
  }
  return circles
}
