import type { Stamp } from './stamp.ts'
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

/** One file, source or target, as redo knows it. */
export class FileNode {
  readonly id: number
  name: FileName
  /** Counts the changes that were seen. An input is out of date when its count has moved on. */
  version = 0
  /** How the file looked when its version was counted. */
  stamp: Stamp | undefined
  /** What `stamp` was before the last change seen, for explanations. */
  previous: Stamp | undefined
  /** Set for targets only. */
  making: Making | undefined
  /** A target that somebody changed by hand; it is a source until it is deleted. */
  overridden = false
  /** A target whose rule is gone, as its last build left it; it is a source until it has a rule again. */
  orphaned = false

  constructor(id: number, name: FileName) {
    this.id = id
    this.name = name
  }
}

/** Every file that redo has heard of. */
export class Graph {
  readonly #byName = new Map<FileName, FileNode>()
  readonly #byId: (FileNode | undefined)[] = []
  /** Of one number there was more than one name. */
  #isMixed = false
  /** What differs from the state on disk. */
  readonly unsaved = new Set<FileNode>()

  node(name: FileName): FileNode {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const node = this.#put(new FileNode(this.#byId.length, name))
    // Records speak of files by number, so that even the name of one that does not exist is kept.
    this.unsaved.add(node)
    return node
  }

  /** Takes a node over from the saved state, under its number there. */
  restore(id: number, name: FileName): FileNode {
    const node = this.referred(id)
    if (node.name !== '' && node.name !== name) this.#isMixed = true
    node.name = name
    return this.#put(node)
  }

  /** A node that the saved state speaks of by number, perhaps before it tells the name. */
  referred(id: number): FileNode {
    const known = this.#byId[id]
    if (known !== undefined) return known
    const node = new FileNode(id, '')
    this.#byId[id] = node
    return node
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

  /** Records how a file looks now; a difference makes a new version. */
  see(node: FileNode, stamp: Stamp): boolean {
    if (node.stamp === stamp) return false
    node.previous = node.stamp
    node.stamp = stamp
    node.version += 1
    this.unsaved.add(node)
    return true
  }

  #put(node: FileNode): FileNode {
    this.#byName.set(node.name, node)
    this.#byId[node.id] = node
    return node
  }
}
