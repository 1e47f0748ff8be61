import { quoted } from '../core/message.ts'
import type { FileNode } from './graph.ts'
import type { Trace } from './trace.ts'

/** Which targets being brought up to date wait for which others. */
export class Waits {
  readonly #waits = new Map<FileNode, Map<FileNode, number>>()
  /** The same from the other end: who waits for each. */
  readonly #waiters = new Map<FileNode, Set<FileNode>>()
  readonly #trace: Trace | undefined

  constructor(trace?: Trace) {
    this.#trace = trace
  }

  /** Lets `from` wait for `to`, unless that would be for ever: then the trail of the cycle is returned. */
  add(from: FileNode, to: FileNode): readonly FileNode[] | undefined {
    const trail = this.#meets(to, from) ? this.#trail(to, from) : undefined
    if (trail !== undefined) return [from, ...trail]
    const inner = this.#waits.get(from) ?? new Map<FileNode, number>()
    inner.set(to, (inner.get(to) ?? 0) + 1)
    this.#waits.set(from, inner)
    const waiters = this.#waiters.get(to) ?? new Set<FileNode>()
    this.#waiters.set(to, waiters.add(from))
    this.#trace?.(`${quoted(from.name)} waits for ${quoted(to.name)}`)
    return undefined
  }

  remove(from: FileNode, to: FileNode): void {
    const inner = this.#waits.get(from)
    const count = inner?.get(to) ?? 0
    if (count > 1) inner?.set(to, count - 1)
    else {
      inner?.delete(to)
      this.#waiters.get(to)?.delete(from)
    }
    if (inner?.size === 0) this.#waits.delete(from)
    if (this.#waiters.get(to)?.size === 0) this.#waiters.delete(to)
    this.#trace?.(`${quoted(from.name)} has waited for ${quoted(to.name)}`)
  }

  /**
   * Whether there is a way at all. It is looked for from both ends in turn, until one has no more to go to: most
   * often nobody waits for the one yet, or the other for nobody, while thousands may wait in all.
   */
  #meets(from: FileNode, to: FileNode): boolean {
    if (from === to) return true
    const ahead = reached(from, node => this.#waits.get(node)?.keys())
    const back = reached(to, node => this.#waiters.get(node)?.keys())
    for (;;) {
      const one = ahead.next()
      if (one.done || one.value === to) return one.value === to
      const other = back.next()
      if (other.done || other.value === from) return other.value === from
    }
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

/** All that a target leads to in one step or many, itself first. */
function* reached(
  from: FileNode,
  next: (node: FileNode) => Iterable<FileNode> | undefined,
): Generator<FileNode, undefined> {
  const seen = new Set([from])
  // A set that grows while it is walked: each target is walked once.
  for (const node of seen) {
    yield node
    for (const one of next(node) ?? []) seen.add(one)
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
