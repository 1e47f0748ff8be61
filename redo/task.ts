import type { Console, Transcript } from './console.ts'
import type { FileNode } from './graph.ts'
import type { Job } from './job.ts'
import type { Reason } from './reason.ts'
import type { RunServed } from './run-served.ts'
import type { Scheduler } from './scheduler.ts'

/** A wish that some targets be up to date: of the command line, of a script, or of a check. */
export interface Request {
  /** The run in whose name it is made, and the target, where it is not of the command line. */
  readonly run: RunServed
  readonly by: Task | undefined
  /** Build them even when they are up to date. */
  readonly force: boolean
  /** Only a question within the coordinator: a refusal is nothing to tell people about. */
  readonly silent: boolean
  readonly keepGoing: boolean
  readonly shuffle: boolean
  /** What differs from the usual for its builds, what is taken over from `by` included. */
  readonly setting: Setting
  /** Its builds are not printed where those of `by` are. */
  readonly isApart: boolean
  failed: boolean
  /** Whoever made it is gone. */
  abandoned: boolean
}

/** Whether what it asks for is still to be begun. The end of a script is the end of what it asked for. */
export function isOpen(request: Request): boolean {
  if (request.abandoned || request.by?.job?.hasEnded === true) return false
  return !request.failed || request.keepGoing
}

/** Where builds belong. */
export interface Setting {
  /** Where they get their tokens. */
  readonly scheduler?: Scheduler | undefined
  /** Where their words are printed. */
  readonly console?: Console | undefined
  readonly environment?: NodeJS.ProcessEnv | undefined
  /** Say why each is built. */
  readonly explain?: boolean | undefined
  /** The options of sh, such as `-ex`. */
  readonly flags?: string | undefined
}

/** What a request wants of itself, and else what its target was given. */
export function inherited(own: Setting, by: Task | undefined): Setting {
  if (by === undefined) return own
  const { setting } = by
  return {
    scheduler: own.scheduler ?? setting.scheduler,
    console: own.console ?? setting.console,
    environment: own.environment ?? setting.environment,
    explain: own.explain ?? setting.explain,
    flags: own.flags ?? setting.flags,
  }
}

/** What became of a build. */
export interface Outcome {
  readonly kind: 'built' | 'failed'
  /** When the run came that began it, as `since` of RunServed. */
  readonly begun: number
  /** Where stands what it said; undefined where the run itself prints. */
  readonly console: Console | undefined
}

/** A target that is being brought up to date, from the first wish to the end of its build. */
export class Task {
  readonly node: FileNode
  /** Which run began it, and when. */
  readonly run: RunServed
  readonly begun: number
  readonly requests: Request[] = []
  /** Settles with whether the target is up to date. */
  readonly done: Promise<boolean>
  reason: Reason | undefined
  job: Job | undefined
  /** In whose output stands what its build says. */
  shownTo: Request | undefined
  outcome: Outcome | undefined
  settle: (ok: boolean) => void = () => {}

  constructor(node: FileNode, run: RunServed) {
    this.node = node
    this.run = run
    this.begun = run.since
    this.done = new Promise(resolve => {
      this.settle = resolve
    })
  }

  /** Where it gets its token; said for good by the first who asked, as it may stand in line there. */
  get scheduler(): Scheduler | undefined {
    return this.requests[0]?.setting.scheduler
  }

  /** What the first who still waits for it wants. */
  get setting(): Setting {
    return this.asker?.setting ?? {}
  }

  /** The transcript that this one belongs in: that of the nearest script above, on the same console. */
  get within(): Transcript | undefined {
    for (let request = this.asker; request !== undefined; request = request.by?.asker) {
      if (request.isApart) return undefined
      const job = request.by?.job
      if (job !== undefined) return job.hasEnded ? undefined : job.transcript
    }
    return undefined
  }

  /** Who asked first, of those who still wait. */
  get asker(): Request | undefined {
    return this.requests.find(isOpen) ?? this.requests[0]
  }
}
