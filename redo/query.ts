import { join } from 'node:path'
import { isMangled } from '../core/mangled.ts'
import { quoted } from '../core/message.ts'
import { byCodeUnit } from '../core/order.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { Checker } from './check.ts'
import type { FileNode, Graph } from './graph.ts'
import { Logs } from './logs.ts'
import { flagsAndNames } from './options.ts'
import { Rules } from './rules.ts'
import { isEdited, leadsToFile, nothing, stampOf } from './stamp.ts'
import { State } from './state.ts'
import type { Tree } from './tree.ts'

/** A question about the tree that builds nothing: its answer is lines and an exit status. */
interface Reply {
  readonly lines: readonly string[]
  readonly status: number
}

export type Query = (question: {
  readonly tree: Tree
  readonly graph: Graph
  readonly logs: Logs
  /** Names are told as seen from here. */
  readonly cwd: string
  readonly args: readonly string[]
}) => Reply

/** By the name of their command, without `redo-`. */
export const queries: Readonly<Record<string, Query>> = {
  /** The targets that were built and are still ours, and those that would be built again. */
  targets: ({ tree, graph, cwd }) => listed(targetsIn(graph, new Rules(tree)), tree, cwd),

  /** The files that targets depend on and that nobody builds. */
  sources: ({ tree, graph, cwd }) => listed(graph.all().filter(isSource), tree, cwd),

  /** The targets that would be built, or at least looked at closer. */
  ood: ({ tree, graph, logs, cwd }) => {
    const rules = new Rules(tree)
    const checker = new Checker({ graph, rules, logs })
    const stale = targetsIn(graph, rules).filter(node => checker.check(node).kind !== 'clean')
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

/** The state as it is on disk, to be looked at alone: a run saves each build, and goes on with a graph of its own. */
export const readBooks = (): { readonly graph: Graph; readonly logs: Logs } => ({
  graph: State.open(join('.redo', 'state')).graph,
  logs: new Logs(join('.redo', 'log')),
})

/** The names among the words of a query, or why they are none. */
export function queryArguments(query: string, words: readonly string[]): Result<readonly string[], string> {
  const wanted = query === 'whichdo' ? 1 : 0
  const { flags, names } = flagsAndNames(words)
  if (flags[0] !== undefined) return refuse(`there is no option ${flags[0]}`)
  if (names.length !== wanted || names[0] === '')
    return refuse(`it wants ${wanted === 1 ? 'one target' : 'no arguments'}`)
  const mangled = names.find(isMangled)
  return mangled === undefined ? ok(names) : refuse(`the name ${quoted(mangled)} is not in UTF-8`)
}

function targetsIn(graph: Graph, rules: Rules): readonly FileNode[] {
  return graph.all().filter(node => !isSource(node) && (node.making !== undefined || isLost(node, rules)))
}

/** Whether a file that is not there was a target until somebody changed it, and then removed it. */
function isLost({ name, overridden }: FileNode, rules: Rules): boolean {
  return overridden && rules.find(name) !== undefined
}

/** Also a target that somebody changed by hand since. */
function isSource(node: FileNode): boolean {
  const now = stampOf(node.name)
  if (now === nothing) return false
  return node.making === undefined || node.stamp === undefined || isEdited(node.stamp, now)
}

function listed(nodes: readonly FileNode[], tree: Tree, cwd: string): Reply {
  const names = nodes.map(node => tree.seenFrom(cwd, node.name))
  return { lines: names.sort(byCodeUnit), status: 0 }
}
