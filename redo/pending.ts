import { plan } from './plan.ts'
import { readBooks } from './query.ts'
import { findTop, Tree } from './tree.ts'

/**
 * Whether some targets, paths from `root`, are not known to be up to date: what `do -n` would tell, without
 * a process. It is asked in `root`, which the caller has made its working directory.
 */
export function isPending(root: string, targets: readonly string[]): boolean {
  const tree = new Tree(findTop(root))
  if (tree.top !== root) return true
  const { graph, logs } = readBooks()
  const names = targets.map(target => tree.name(root, target))
  const { lines, possible } = plan(tree, graph, logs, names, false)
  return lines.length > 0 || !possible
}
