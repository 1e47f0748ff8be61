import type { Checker } from './check.ts'
import type { FileNode } from './graph.ts'

/**
 * One of the runs that targets are built for: the one that has the lock, or a guest. It takes what it has looked at to
 * stay as it is; what was begun before it came may have read other files, and does not count for it.
 */
export class RunServed {
  /** When it came, in the order of those that did. */
  since: number
  readonly checker: Checker
  /** What people were told of as theirs; once each. */
  readonly warned = new Set<FileNode>()

  constructor(since: number, checker: (run: RunServed) => Checker) {
    this.since = since
    this.checker = checker(this)
  }

  /** From now on it is like one that has just come. */
  renew(since: number): void {
    this.since = since
    this.checker.forgetAll()
    this.warned.clear()
  }
}
