import { Checker } from './check.ts'
import type { FileNode, Graph } from './graph.ts'
import { inputsFirst } from './plan.ts'
import { Rules } from './rules.ts'
import type { FileName, Tree } from './tree.ts'

export interface Outlook {
  /** How many targets are built by the end, as far as is known now; those that are built count, too. */
  readonly wanted: number
  /** Milliseconds; undefined when too little is known. */
  readonly left: number | undefined
}

/**
 * What a run has before it, by what was asked for so far and by the records of earlier builds. It works
 * on a copy of the graph, so that it can look ahead without any consequence for the run, and it looks
 * only when somebody wants to know.
 */
export class Forecast {
  readonly #tree: Tree
  readonly #read: () => Graph
  #graph: Graph | undefined
  #checker: Checker | undefined
  readonly #asked = new Map<FileName, boolean>()
  readonly #looked = new Set<FileNode>()
  /** What is to be built, its inputs before it; with its node when there is a record of it. */
  readonly #pending = new Map<FileName, FileNode | undefined>()
  readonly #over = new Set<FileName>()
  /** How long the builds of this run took. */
  readonly #took: number[] = []
  done = 0
  failed = 0

  constructor(tree: Tree, read: () => Graph) {
    this.#tree = tree
    this.#read = read
  }

  /** Somebody wants the target, perhaps in any case. */
  want(name: FileName, force: boolean): void {
    this.#asked.set(name, force)
    this.#over.delete(name)
  }

  /** The target is up to date, or as far as it gets. */
  finish(name: FileName, became: 'built' | 'failed' | undefined, took: number | undefined): void {
    this.#asked.delete(name)
    this.#pending.delete(name)
    this.#over.add(name)
    if (became === 'built') this.done += 1
    if (became === 'failed') this.failed += 1
    if (became === 'built' && took !== undefined) this.#took.push(took)
  }

  /**
   * The time left is the longest chain of builds that must follow each other, or all the work divided
   * by the jobs, whichever is more. A target takes as long as it did last time; one that was never
   * built takes the median of those that are known. Where less than half is known there is no estimate.
   *
   * @param ran milliseconds that the targets that are being built have run so far
   */
  outlook(ran: ReadonlyMap<FileName, number>, jobs: number): Outlook {
    this.#lookAhead()
    const wanted = this.done + this.failed + this.#pending.size
    const known = [...this.#pending.values()].flatMap(node => lastTime(node) ?? [])
    const samples = [...this.#took, ...known].sort((a, b) => a - b)
    if (this.#pending.size === 0 || samples.length < this.#pending.size - known.length)
      return { wanted, left: undefined }
    const median = samples[Math.floor(samples.length / 2)] ?? 0
    let work = 0
    let longest = 0
    const chains = new Map<FileNode, number>()
    for (const [name, node] of this.#pending) {
      const own = Math.max(0, (lastTime(node) ?? median) - (ran.get(name) ?? 0))
      const before = node?.making?.inputs.reduce((most, input) => Math.max(most, chains.get(input) ?? 0), 0)
      const chain = own + (before ?? 0)
      if (node !== undefined) chains.set(node, chain)
      work += own
      longest = Math.max(longest, chain)
    }
    return { wanted, left: Math.max(longest, work / jobs) }
  }

  /** Finds what the targets that were asked for since the last look will ask for themselves. */
  #lookAhead(): void {
    if (this.#asked.size === 0) return
    this.#graph ??= this.#read()
    this.#checker ??= new Checker({ graph: this.#graph, rules: new Rules(this.#tree) })
    const graph = this.#graph
    const roots = [...this.#asked.keys()].flatMap(name => graph.find(name) ?? [])
    for (const node of inputsFirst(roots, this.#looked)) {
      if (this.#over.has(node.name) || this.#pending.has(node.name)) continue
      if (this.#checker.check(node).kind === 'dirty') this.#pending.set(node.name, node)
    }
    for (const [name, force] of this.#asked) {
      const node = graph.find(name)
      if ((force || node?.making === undefined) && !this.#pending.has(name)) this.#pending.set(name, node)
    }
    this.#asked.clear()
  }
}

/** Milliseconds of its last build; the record of one that only ever failed knows none. */
function lastTime(node: FileNode | undefined): number | undefined {
  const { making } = node ?? {}
  return making === undefined || (making.failed && making.took === 0) ? undefined : making.took
}
