import { byCodeUnit } from '../../core/order.ts'
import { clashes } from './clash.ts'
import type { Contents } from './contents.ts'

/** Packages in the order in which they are seen, the first one on top. */
export interface Stack {
  /** Those that share a layer, which lies above the others. */
  readonly merged: readonly Contents[]
  /** Those that have a layer of their own. */
  readonly alone: readonly Contents[]
}

/**
 * Puts packages into so many layers, at least 1. While that is enough for all, each has its own, as they come.
 *
 * Else the largest keep theirs. A merged layer is sent and kept once more for every image, and again whenever one of its
 * packages changes; so it is to be small, whoever shares what with whom. (To merge what the fewest need leaves
 * one that is many times as large. The size is that of the tar: how a file was compressed must decide nothing.)
 *
 * Packages that differ at a path are merged in any case, in their order. That of all others shows nowhere: what most
 * packages need lies lowest, as it is that which images have in common. So the order in which packages come
 * counts as far as they differ, and no further.
 */
export function stackLayers(contents: readonly Contents[], room: number): Stack {
  if (contents.length <= room) return { merged: [], alone: contents }
  const owners = contents.map(({ member, paths }) => ({ name: member.name, paths }))
  const differing = new Set(clashes(owners).flatMap(clash => clash.owners))
  const others = contents
    .filter(({ member }) => !differing.has(member.name))
    .sort((a, b) => b.tarBytes - a.tarBytes || byName(a, b))
  const uses = usesOf(contents)
  const fewestUses = (a: Contents, b: Contents): number =>
    (uses.get(a.member.name) ?? 0) - (uses.get(b.member.name) ?? 0) || byName(a, b)
  return {
    merged: [
      ...contents.filter(({ member }) => differing.has(member.name)),
      ...others.slice(room - 1).sort(byName),
    ],
    alone: others.slice(0, room - 1).sort(fewestUses),
  }
}

const byName = (a: Contents, b: Contents): number => byCodeUnit(a.member.name, b.member.name)

/** How many packages need each, directly or not; itself among them. */
function usesOf(contents: readonly Contents[]): ReadonlyMap<string, number> {
  const needs = new Map<string, readonly string[]>(contents.map(({ member }) => [member.name, member.needs]))
  const uses = new Map<string, number>()
  for (const name of needs.keys()) {
    const reached = new Set([name])
    // A set that grows is walked to its end.
    for (const one of reached) {
      uses.set(one, (uses.get(one) ?? 0) + 1)
      for (const need of needs.get(one) ?? []) reached.add(need)
    }
  }
  return uses
}
