import { folder, nothing, type Stamp } from './stamp.ts'
import type { FileName } from './tree.ts'

/** How a target came to be: what its `.do` asked for in its last build. */
export interface Making {
  /** The `.do` itself; it is among the inputs, too. */
  readonly rule: FileNode
  /** What `redo-ifchange` named. */
  readonly inputs: readonly FileNode[]
  /** The version that each input had then, by the same index. */
  readonly versions: readonly number[]
  /** What `redo-ifcreate` named. */
  readonly absent: readonly FileNode[]
  readonly always: boolean
  /** What `redo-stamp` was given: while it stays, those who depend on the target stay, too. */
  readonly digest: string | undefined
  /** It failed, and must be tried again. The other fields are of the last success. */
  readonly failed: boolean
  /** How the file looked before this build; until the result is in place it still looks so. */
  readonly before: Stamp | undefined
  /** Milliseconds that the script ran, less those that it waited for others; for the estimate. */
  readonly took: number
  /** When its log was written last, in milliseconds since 1970: another log is that of another build. */
  readonly logged: number | undefined
}

/** What is known of a file, and changes; the graph alone changes it. */
interface Knowledge {
  /** Counts the changes that were seen. An input is out of date when its count has moved on. */
  readonly version: number
  /** How the file looked when its version was counted. */
  readonly stamp: Stamp | undefined
  /** Of what is no target: what `stamp` was before the last change seen, for explanations. */
  readonly previous: Stamp | undefined
  /** Set for targets only. */
  readonly making: Making | undefined
  /** A target that somebody changed by hand; it is a source until it is deleted. */
  readonly overridden: boolean
  /** A target whose rule is gone, as its last build left it; it is a source until it has a rule again. */
  readonly orphaned: boolean
}

/** One file, source or target, as redo knows it. */
export interface FileNode extends Knowledge {
  readonly id: number
  readonly name: FileName
}

class Node implements FileNode {
  readonly id: number
  name: FileName
  version = 0
  stamp: Stamp | undefined
  previous: Stamp | undefined
  making: Making | undefined
  overridden = false
  orphaned = false

  constructor(id: number, name: FileName) {
    this.id = id
    this.name = name
  }

  /** Counts a change; answers whether there is one. */
  looks(stamp: Stamp): boolean {
    if (this.stamp === stamp) return false
    this.previous = this.stamp
    this.stamp = stamp
    this.version += 1
    // It is not as its last build left it.
    this.orphaned = false
    return true
  }
}

/** Every file that redo has heard of. */
export class Graph {
  readonly #byName = new Map<FileName, Node>()
  readonly #byId: (Node | undefined)[] = []
  /** Of one number there was more than one name. */
  #isMixed = false
  readonly #unsaved = new Set<FileNode>()

  node(name: FileName): FileNode {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const node = this.#put(new Node(this.#byId.length, name))
    // Records speak of files by number, so that even the name of one that does not exist is kept.
    this.#unsaved.add(node)
    return node
  }

  /** Takes a node over from the saved state, under its number there. */
  restore(id: number, name: FileName, known: Knowledge): void {
    const node = this.#referred(id)
    if (node.name !== '' && node.name !== name) this.#isMixed = true
    node.name = name
    node.version = known.version
    node.stamp = known.stamp
    node.previous = known.previous
    node.making = known.making
    node.overridden = known.overridden
    node.orphaned = known.orphaned
    this.#put(node)
  }

  /** A node that the saved state speaks of by number, perhaps before it tells the name. */
  referred(id: number): FileNode {
    return this.#referred(id)
  }

  find(name: FileName): FileNode | undefined {
    return this.#byName.get(name)
  }

  /** Whether each node that was referred to has a name by now, one that no other has. */
  get isWhole(): boolean {
    return !this.#isMixed && this.#byName.size === this.#byId.length
  }

  get size(): number {
    return this.#byName.size
  }

  all(): readonly FileNode[] {
    return this.#byId.filter(node => node !== undefined)
  }

  /** What differs from the state on disk. */
  get unsaved(): readonly FileNode[] {
    return [...this.#unsaved]
  }

  /** All of it is on disk now. */
  saved(): void {
    this.#unsaved.clear()
  }

  /** How a file looks now; a difference makes a new version. */
  see(file: FileNode, stamp: Stamp): void {
    if (this.#own(file).looks(stamp)) this.#unsaved.add(file)
  }

  /** A build went well: this is what its file looks like once it is in place. */
  built(target: FileNode, stamp: Stamp, making: Making): void {
    const node = this.#own(target)
    const old = node.making
    node.making = making
    node.overridden = false
    node.orphaned = false
    node.stamp = stamp
    // After a failure its digest is that of the success before, and somebody may have been built since.
    const isAsBefore = making.digest !== undefined && old?.digest === making.digest && !old.failed
    if (!isAsBefore) node.version += 1
    this.#unsaved.add(node)
  }

  /** A build failed, and the file looks like this. What the last success depended on is kept, if there was one. */
  failed(target: FileNode, stamp: Stamp, making: Making): void {
    const node = this.#own(target)
    const { logged } = making
    node.orphaned = false
    // Without a file, there is nothing to remember: it is as if it had never been built.
    if (stamp === nothing || stamp === folder) node.making = undefined
    else node.making = { ...(node.making ?? { ...making, took: 0 }), failed: true, before: undefined, logged }
    node.previous = node.stamp
    node.stamp = stamp
    node.version += 1
    this.#unsaved.add(node)
  }

  /**
   * A build, with a log of that time, was cut short and made no file: else one that somebody puts there would be taken
   * for its. `stamp` is how the file looked before it; where that is not as recorded, the books are behind, and the log is
   * what tells so.
   */
  cut(target: FileNode, stamp: Stamp, logged: number | undefined): void {
    const node = this.#own(target)
    const { making } = node
    if (stamp !== (making === undefined ? nothing : node.stamp)) return
    if (making === undefined) node.stamp ??= nothing
    else node.making = { ...making, logged }
    this.#unsaved.add(node)
  }

  /** Somebody changed a target by hand: from here on it is a source, until it is deleted. */
  override(target: FileNode, stamp: Stamp): void {
    const node = this.#own(target)
    node.making = undefined
    node.overridden = true
    node.looks(stamp)
    this.#unsaved.add(node)
  }

  /** The rule of a target is gone while its file is there: it is a source now, another thing than it was. */
  orphan(target: FileNode): void {
    const node = this.#own(target)
    node.making = undefined
    node.previous = undefined
    node.orphaned = true
    node.version += 1
    this.#unsaved.add(node)
  }

  #referred(id: number): Node {
    const known = this.#byId[id]
    if (known !== undefined) return known
    const node = new Node(id, '')
    this.#byId[id] = node
    return node
  }

  #own(file: FileNode): Node {
    return this.#byId[file.id] as Node
  }

  #put(node: Node): Node {
    this.#byName.set(node.name, node)
    this.#byId[node.id] = node
    return node
  }
}
