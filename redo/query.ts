import { byCodeUnit } from '../core/order.ts'
import { Checker } from './check.ts'
import type { FileNode, Graph } from './graph.ts'
import { Rules } from './rules.ts'
import { itself, leadsToFile, nothing, stampOf } from './stamp.ts'
import type { Tree } from './tree.ts'

/** A question about the tree that builds nothing: its answer is lines and an exit status. */
export interface Reply {
  readonly lines: readonly string[]
  readonly status: number
}

export type Query = (question: {
  readonly tree: Tree
  readonly graph: Graph
  /** Names are told as seen from here. */
  readonly cwd: string
  readonly args: readonly string[]
}) => Reply

/** By the name of their command, without `redo-`. */
export const queries: Readonly<Record<string, Query>> = {
  /** The targets that were built and are still ours. */
  targets: ({ tree, graph, cwd }) => listed(graph.all().filter(isTarget), tree, cwd),

  /** The files that targets depend on and that nobody builds. */
  sources: ({ tree, graph, cwd }) => listed(graph.all().filter(isSource), tree, cwd),

  /** The targets that would be built, or at least looked at closer. */
  ood: ({ tree, graph, cwd }) => {
    const checker = new Checker({
      graph,
      rules: new Rules(tree),
      progress: () => undefined,
      wasBuilt: () => false,
      overridden: () => {},
    })
    const stale = graph.all().filter(node => isTarget(node) && checker.check(node).kind !== 'clean')
    return listed(stale, tree, cwd)
  },

  /** The places where the .do of a target is looked for, up to the one where it is. */
  whichdo: ({ tree, cwd, args }) => {
    const lines: string[] = []
    for (const { doFile } of new Rules(tree).candidates(tree.name(cwd, args[0] ?? ''))) {
      lines.push(tree.seenFrom(cwd, doFile))
      if (leadsToFile(doFile)) return { lines, status: 0 }
    }
    return { lines, status: 1 }
  },
}

function isTarget(node: FileNode): boolean {
  return node.making !== undefined && !isSource(node)
}

/** Also a target that somebody changed by hand since. */
function isSource(node: FileNode): boolean {
  const now = stampOf(node.name)
  if (now === nothing) return false
  return node.making === undefined || node.stamp === undefined || itself(node.stamp) !== itself(now)
}

function listed(nodes: readonly FileNode[], tree: Tree, cwd: string): Reply {
  const names = nodes.map(node => tree.seenFrom(cwd, node.name))
  return { lines: names.sort(byCodeUnit), status: 0 }
}
