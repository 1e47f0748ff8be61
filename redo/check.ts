import { quoted } from '../core/message.ts'
import type { FileNode, Graph, Making } from './graph.ts'
import type { Logs } from './logs.ts'
import { type Reason, sentence } from './reason.ts'
import type { Rules } from './rules.ts'
import {
  exists,
  folder,
  isEdited,
  isOfFile,
  itself,
  leadsToFile,
  nothing,
  type Stamp,
  stampOf,
} from './stamp.ts'
import type { Traces } from './trace.ts'
import type { FileName } from './tree.ts'

export type Verdict =
  /** There is nothing to do: a source, or a target that is up to date. */
  | { readonly kind: 'clean' }
  | { readonly kind: 'dirty'; readonly reason: Reason }
  | Unsure
  /** Neither is there such a file nor a rule to make it. */
  | { readonly kind: 'unknown' }

/**
 * It depends on how some stamped targets come out; bring them up to date, then ask again. Only those next to a target
 * are kept with its verdict, for a chain may be long and have one at each of its links.
 */
class Unsure {
  readonly kind = 'unsure'
  readonly #parts: ReadonlySet<FileNode | Unsure>

  constructor(parts: ReadonlySet<FileNode | Unsure>) {
    this.#parts = parts
  }

  /** All of them, each once. */
  get stamped(): readonly FileNode[] {
    const seen = new Set<FileNode | Unsure>()
    const left: (FileNode | Unsure)[] = [this]
    for (let part = left.pop(); part !== undefined; part = left.pop()) {
      if (seen.has(part)) continue
      seen.add(part)
      if (part instanceof Unsure) for (const inner of [...part.#parts].reverse()) left.push(inner)
    }
    return [...seen].filter((part): part is FileNode => !(part instanceof Unsure))
  }
}

/**
 * What became of a target in this run; the run tells, the check asks. Undecided means that its stamped
 * inputs are being brought up to date, active that it will be built.
 */
export type Progress = 'undecided' | 'active' | 'built' | 'failed' | undefined

/** Decides what is out of date. One checker serves one run, and decides on each file once. */
export class Checker {
  readonly #graph: Graph
  readonly #rules: Rules
  readonly #progress: (node: FileNode) => Progress
  readonly #logs: Logs | undefined
  readonly #overridden: (node: FileNode) => void
  readonly #traces: Pick<Traces, 'checks' | 'everything'> | undefined
  readonly #decided = new Map<FileNode, Verdict>()
  /** What cannot be decided yet; good until a target is up to date. Without it each way to a target would be walked. */
  readonly #unsure = new Map<FileNode, Unsure>()
  readonly #looked = new Set<FileNode>()
  readonly #told = new Map<FileNode, string>()
  readonly #there = new Map<FileNode, boolean>()

  constructor(options: {
    readonly graph: Graph
    readonly rules: Rules
    /** They tell of builds of which the state knows nothing. */
    readonly logs?: Logs
    readonly progress?: (node: FileNode) => Progress
    /** Called for each target that somebody changed by hand, perhaps more than once. */
    readonly overridden?: (node: FileNode) => void
    readonly traces?: Pick<Traces, 'checks' | 'everything'>
  }) {
    this.#graph = options.graph
    this.#rules = options.rules
    this.#logs = options.logs
    this.#progress = options.progress ?? (() => undefined)
    this.#overridden = options.overridden ?? (() => {})
    this.#traces = options.traces?.checks === undefined ? undefined : options.traces
  }

  /** Decides on a file that was asked for; `now` is how it looks, if that is known. */
  check(node: FileNode, now?: Stamp): Verdict {
    if (node.making !== undefined) return this.#walk(node)
    // A source may have been changed by what was built a moment ago: look again.
    this.#looked.delete(node)
    const verdict = this.#look(node, now)
    if (this.#traces !== undefined) this.#tell(0, node, verdict)
    return verdict
  }

  /** Whether a target may be built in any case: not when somebody changed it by hand. */
  isOurs(node: FileNode): boolean {
    const { making } = node
    if (making === undefined) return false
    this.#file(node, making)
    if (node.making === making) return true
    // It may have been a target when it was checked.
    this.forget(node)
    return false
  }

  /** Whether a target that was out of date is still to be built: not when somebody has written it since. */
  isStillOurs(node: FileNode): boolean {
    if (node.making !== undefined) return this.isOurs(node)
    const stamp = stampOf(node.name)
    return stamp === nothing || this.check(node, stamp).kind === 'dirty'
  }

  /** The next check of this file, or of one that depends on it, shall look again; and its build may have made others. */
  forget(node: FileNode): void {
    this.#unsure.clear()
    this.#decided.delete(node)
    this.#looked.delete(node)
    this.#there.clear()
  }

  /** Some targets are undecided by now: who depends on them depends on these alone, and not on all that is below them. */
  forgetUnsure(): void {
    this.#unsure.clear()
  }

  forgetAll(): void {
    this.#unsure.clear()
    this.#decided.clear()
    this.#looked.clear()
    this.#there.clear()
  }

  /**
   * Walks down the inputs without recursion, since chains may be longer than the stack of node is
   * deep. Each frame is a target whose inputs are being decided.
   */
  #walk(root: FileNode): Verdict {
    const frames: Frame[] = []
    const onTrail = new Set<FileNode>()
    const enter = (node: FileNode): Verdict | undefined => {
      const known = this.#alone(node, node === root)
      if (known !== undefined || node.making === undefined) {
        if (this.#traces !== undefined) this.#tell(frames.length, node, known ?? clean)
        return known ?? clean
      }
      this.#traces?.checks?.(`${'  '.repeat(frames.length)}${quoted(node.name)}: looking at its inputs`)
      onTrail.add(node)
      frames.push({ node, making: node.making, next: 0, unsure: new Set() })
      return undefined
    }
    let verdict = enter(root)
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      if (verdict !== undefined) verdict = weigh(frame, verdict)
      while (verdict === undefined && frame.next < frame.making.inputs.length) {
        const input = frame.making.inputs[frame.next] as FileNode
        if (onTrail.has(input)) verdict = dirty({ kind: 'cycle', input: input.name })
        else {
          const inner = enter(input)
          if (inner === undefined) break
          verdict = weigh(frame, inner)
        }
      }
      if (frames.at(-1) !== frame) continue
      verdict ??= frame.unsure.size > 0 ? outcome(frame.unsure) : clean
      if (verdict.kind === 'unsure') this.#unsure.set(frame.node, verdict)
      else this.#decided.set(frame.node, verdict)
      onTrail.delete(frame.node)
      frames.pop()
      if (this.#traces !== undefined) this.#tell(frames.length, frame.node, verdict)
    }
    return verdict ?? clean
  }

  /** Decides on a file without its inputs; undefined when they must be asked. */
  #alone(node: FileNode, asked: boolean): Verdict | undefined {
    const known = this.#decided.get(node)
    if (known !== undefined) return known
    const { making } = node
    if (making === undefined) {
      // That a source is missing shows in its version; that it now has a rule does not.
      const verdict = this.#look(node)
      return verdict.kind === 'dirty' ? verdict : clean
    }
    switch (this.#progress(node)) {
      case 'undecided':
        if (asked) break
        return new Unsure(new Set([node]))
      case 'active':
        return dirty({ kind: 'building' })
      case 'built':
        return clean
      case 'failed':
        return dirty({ kind: 'failed' })
    }
    const unsure = this.#unsure.get(node)
    if (unsure !== undefined) return unsure
    const verdict = this.#file(node, making) ?? this.#circumstances(node, making)
    if (verdict !== undefined) this.#decided.set(node, verdict)
    return verdict
  }

  /** Is the file of a target what its build left? */
  #file(node: FileNode, making: Making): Verdict | undefined {
    const stamp = stampOf(node.name)
    if (stamp === node.stamp || node.stamp === undefined) return undefined
    if (stamp === nothing) return dirty({ kind: 'deleted' })
    if (making.before === stamp) return dirty({ kind: 'interrupted' })
    if (stamp === folder && node.stamp === nothing) return undefined
    if (itself(stamp) === itself(node.stamp)) return dirty({ kind: 'beyond' })
    if (!isEdited(node.stamp, stamp)) return dirty({ kind: 'moved', before: node.stamp, now: stamp })
    if (this.#logs?.hasLaterBuild(node.name, making) === true) return dirty({ kind: 'lost' })
    this.#graph.override(node, stamp)
    this.#overridden(node)
    return clean
  }

  #circumstances(node: FileNode, making: Making): Verdict | undefined {
    const rule = this.#hasOwnRule(node, making)
      ? making.rule.name
      : this.#rules.findName(node.name, doFile => this.#isRule(doFile))
    if (rule !== making.rule.name) {
      if (rule !== undefined) return dirty({ kind: 'rule', before: making.rule.name, now: rule })
      if (node.stamp === nothing) return { kind: 'unknown' }
      this.#graph.orphan(node)
      return clean
    }
    if (making.failed) return dirty({ kind: 'failed' })
    if (making.always) return dirty({ kind: 'always' })
    const appeared = making.absent.find(file => this.#isThere(file))
    return appeared === undefined ? undefined : dirty({ kind: 'appeared', file: appeared.name })
  }

  /** Looks at a file that is no target so far. */
  #look(node: FileNode, now?: Stamp): Verdict {
    if (this.#looked.has(node)) return clean
    const stamp = now ?? stampOf(node.name)
    if (stamp === nothing || stamp === folder) {
      if (this.#rules.find(node.name) !== undefined) {
        if (node.stamp !== undefined) this.#graph.see(node, stamp)
        return dirty({ kind: this.#wasBuilt(node) ? 'unrecorded' : 'new' })
      }
      if (stamp === nothing) {
        if (node.stamp !== undefined) this.#graph.see(node, nothing)
        return { kind: 'unknown' }
      }
    } else if (this.#isOfOurs(node, stamp) && this.#rules.find(node.name) !== undefined) {
      return dirty({ kind: node.orphaned ? 'returned' : 'lost' })
    }
    // What somebody changed is theirs.
    this.#graph.see(node, stamp)
    this.#looked.add(node)
    if (node.overridden) this.#overridden(node)
    return clean
  }

  /** Whether redo built a file of which the state knows nothing. */
  #wasBuilt(node: FileNode): boolean {
    return this.#logs?.madeBefore(node.name) === true
  }

  /** Whether a file that is no target so far is what an earlier build left. */
  #isOfOurs(node: FileNode, now: Stamp): boolean {
    return node.stamp === undefined ? this.#wasBuilt(node) : node.orphaned && !isEdited(node.stamp, now)
  }

  /** The same is not told again of a file, unless everything is wanted. */
  #tell(depth: number, node: FileNode, verdict: Verdict): void {
    const words = inWords(node, verdict)
    const everything = this.#traces?.everything === true
    if (!everything && this.#told.get(node) === words) return
    this.#told.set(node, words)
    const stamp = everything ? ` (${node.stamp ?? 'no stamp'})` : ''
    this.#traces?.checks?.(`${'  '.repeat(depth)}${quoted(node.name)} ${words}${stamp}`)
  }

  /** The common case, without a search: the `.do` of this target alone built it and is there, a source. */
  #hasOwnRule({ name }: FileNode, { rule }: Making): boolean {
    if (rule.name.length !== name.length + '.do'.length || !rule.name.startsWith(name)) return false
    if (rule.making !== undefined || !rule.name.endsWith('.do')) return false
    this.#look(rule)
    return rule.stamp !== undefined && isOfFile(rule.stamp)
  }

  /** A `.do` that built something is an input, too: one look serves both. */
  #isRule(doFile: FileName): boolean {
    const node = this.#graph.find(doFile)
    if (node === undefined || node.making !== undefined) return leadsToFile(doFile)
    this.#look(node)
    return node.stamp === undefined ? leadsToFile(doFile) : isOfFile(node.stamp)
  }

  #isThere(node: FileNode): boolean {
    const known = this.#there.get(node)
    if (known !== undefined) return known
    const there = exists(node.name)
    this.#there.set(node, there)
    return there
  }
}

interface Frame {
  readonly node: FileNode
  readonly making: Making
  next: number
  /** What hinders a decision so far. */
  readonly unsure: Set<FileNode | Unsure>
}

const clean: Verdict = { kind: 'clean' }

/** Where a single input is unsure, its own verdict serves. */
function outcome(parts: ReadonlySet<FileNode | Unsure>): Unsure {
  const [first] = parts
  return parts.size === 1 && first instanceof Unsure ? first : new Unsure(parts)
}

export function dirty(reason: Reason): Verdict {
  return { kind: 'dirty', reason }
}

/** What the verdict on its next input means for a target; undefined: go on with the input after it. */
function weigh(frame: Frame, verdict: Verdict): Verdict | undefined {
  const input = frame.making.inputs[frame.next] as FileNode
  const version = frame.making.versions[frame.next] as number
  frame.next += 1
  switch (verdict.kind) {
    case 'unsure':
      frame.unsure.add(verdict)
      return undefined
    case 'dirty':
      if (input.making?.digest === undefined || input.version !== version)
        return dirty({ kind: 'input', input: input.name, why: verdict.reason })
      frame.unsure.add(input)
      return undefined
    case 'unknown':
      return dirty({ kind: 'changed', input, from: version })
    case 'clean':
      return input.version === version ? undefined : dirty({ kind: 'changed', input, from: version })
  }
}

function inWords(node: FileNode, verdict: Verdict): string {
  switch (verdict.kind) {
    case 'clean':
      return node.making === undefined ? 'is a source' : 'is up to date'
    case 'dirty':
      return `is out of date: ${sentence(verdict.reason)}`
    case 'unsure':
      return `may be out of date: ${stamped(verdict.stamped)}`
    case 'unknown':
      return 'is not there, and has no .do'
  }
}

/** What it depends on whose stamp decides. */
export function stamped(nodes: readonly FileNode[]): string {
  const names = nodes.map(node => quoted(node.name))
  return `it depends on the stamp${names.length === 1 ? '' : 's'} of ${names.join(', ')}`
}
