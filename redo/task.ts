import type { ChildProcess } from 'node:child_process'
import type { Console, Transcript } from './console.ts'
import type { FileNode } from './graph.ts'
import type { Reason } from './reason.ts'
import type { Scheduler } from './scheduler.ts'
import type { Stopwatch } from './stopwatch.ts'

/** A wish that some targets be up to date: of the command line, of a script, or of a check. */
export interface Request {
  /** The target in whose name it is made. */
  readonly by: Task | undefined
  /** Build them even when they are up to date. */
  readonly force: boolean
  /** Only a question within the coordinator: a refusal is nothing to tell people about. */
  readonly silent: boolean
  readonly keepGoing: boolean
  readonly shuffle: boolean
  /** What differs from the usual for its builds; what is undefined is as it is for `by`. */
  readonly setting: Setting
  failed: boolean
}

/** Where builds belong. */
export interface Setting {
  /** Where they get their tokens. */
  readonly scheduler?: Scheduler | undefined
  /** Where their words are printed. */
  readonly console?: Console | undefined
  readonly environment?: NodeJS.ProcessEnv | undefined
}

/** A target that is being brought up to date, from the first wish to the end of its build. */
export class Task {
  readonly node: FileNode
  readonly requests: Request[] = []
  /** Settles with whether the target is up to date. */
  readonly done: Promise<boolean>
  reason: Reason | undefined
  job: Job | undefined
  settle: (ok: boolean) => void = () => {}

  constructor(node: FileNode) {
    this.node = node
    this.done = new Promise(resolve => {
      this.settle = resolve
    })
  }

  /** What the first who asked for it wants, or the nearest above that one who wants something. */
  wanted<Key extends keyof Setting>(key: Key): Setting[Key] {
    for (let request = this.requests[0]; request !== undefined; request = request.by?.requests[0]) {
      if (request.setting[key] !== undefined) return request.setting[key]
    }
    return undefined
  }

  /** The transcript that this one belongs in: that of the nearest script above, on the same console. */
  get within(): Transcript | undefined {
    for (let request = this.requests[0]; request !== undefined; request = request.by?.requests[0]) {
      if (request.setting.console !== undefined) return undefined
      if (request.by?.job !== undefined) return request.by.job.transcript
    }
    return undefined
  }
}

/** A script that runs, and what it has said so far about its target. */
export interface Job {
  readonly number: number
  readonly task: Task
  readonly transcript: Transcript
  child: ChildProcess | undefined
  /** How long it has run, without the time that it waited for others. */
  readonly clock: Stopwatch
  readonly inputs: Map<FileNode, number>
  readonly absent: Set<FileNode>
  always: boolean
  digest: string | undefined
  /** How many of its clients wait for targets; while any does, it holds no token. */
  waiting: number
  hasToken: boolean
  readonly scheduler: Scheduler
  readonly console: Console
  ended: boolean
}
