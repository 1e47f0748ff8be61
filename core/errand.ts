/** What a coordinator of redo asks of a worker: the work of a door of `bin/`, in place of a new process. */
export interface Errand {
  /** The process that ran the door. The work is done as if by it. */
  readonly pid: number
  /** A file with its environment, as `export -p` of its shell has it; without one, that is what it was started with. */
  readonly exports?: string | undefined
  /** A line of its environment, by which the process is known for the right one. */
  readonly mark: string
  /** The door's name: do-build. */
  readonly door: string
  readonly words: readonly string[]
}

/** The exit status; without one, the errand is not for a worker, and nothing was done. */
export interface Outcome {
  readonly status?: number
  /** Nothing was left half done, so that the next errand finds the worker as it was. */
  readonly wentWell?: boolean
}
