import type { FileNode } from './graph.ts'
import { quote } from './reason.ts'
import type { Trace } from './trace.ts'

/** Which targets being brought up to date wait for which others. */
export class Waits {
  readonly #waits = new Map<FileNode, Map<FileNode, number>>()
  readonly #trace: Trace | undefined

  constructor(trace?: Trace) {
    this.#trace = trace
  }

  /** Lets `from` wait for `to`, unless that would be for ever: then the trail of the cycle is returned. */
  add(from: FileNode, to: FileNode): readonly FileNode[] | undefined {
    const trail = this.#trail(to, from)
    if (trail !== undefined) return [from, ...trail]
    const inner = this.#waits.get(from) ?? new Map<FileNode, number>()
    inner.set(to, (inner.get(to) ?? 0) + 1)
    this.#waits.set(from, inner)
    this.#trace?.(`${quote(from.name)} waits for ${quote(to.name)}`)
    return undefined
  }

  remove(from: FileNode, to: FileNode): void {
    const inner = this.#waits.get(from)
    const count = inner?.get(to) ?? 0
    if (count > 1) inner?.set(to, count - 1)
    else inner?.delete(to)
    if (inner?.size === 0) this.#waits.delete(from)
    this.#trace?.(`${quote(from.name)} has waited for ${quote(to.name)}`)
  }

  /** The way from one target to another along those who wait. */
  #trail(from: FileNode, to: FileNode): readonly FileNode[] | undefined {
    const cameFrom = new Map<FileNode, FileNode | undefined>([[from, undefined]])
    for (const [node] of cameFrom) {
      if (node === to) return backwards(cameFrom, node)
      for (const next of this.#waits.get(node)?.keys() ?? [])
        if (!cameFrom.has(next)) cameFrom.set(next, node)
    }
    return undefined
  }
}

function backwards(
  cameFrom: ReadonlyMap<FileNode, FileNode | undefined>,
  end: FileNode,
): readonly FileNode[] {
  const trail: FileNode[] = []
  for (let at: FileNode | undefined = end; at !== undefined; at = cameFrom.get(at)) trail.unshift(at)
  return trail
}
