import { quoted } from '../core/message.ts'
import { Builder } from './builder.ts'
import { Checker, dirty, type Progress, type Verdict } from './check.ts'
import type { Console } from './console.ts'
import type { Forecast } from './forecast.ts'
import type { FileNode } from './graph.ts'
import type { Job } from './job.ts'
import type { Logs } from './logs.ts'
import { Rules } from './rules.ts'
import { RunServed } from './run-served.ts'
import type { Scheduler, Waiting } from './scheduler.ts'
import type { State } from './state.ts'
import { inherited, isOpen, type Outcome, type Request, type Setting, Task } from './task.ts'
import type { Traces } from './trace.ts'
import type { Tree } from './tree.ts'
import { unknownTarget } from './unknown.ts'
import type { Running } from './view.ts'
import { Waits } from './waits.ts'
import type { Workshop } from './workshop.ts'

interface Wishes {
  readonly keepGoing: boolean
  readonly shuffle: boolean
  readonly explain: boolean
}

/** Brings targets up to date: decides what to build, once each, and lets those who wait know. */
export class Coordinator {
  readonly state: State
  readonly #wishes: Wishes
  readonly #tree: Tree
  readonly #rules: Rules
  readonly #logs: Logs
  readonly #console: Console
  readonly #traces: Traces
  readonly #builder: Builder
  readonly #workshop: () => Workshop
  readonly #tasks = new Map<FileNode, Task>()
  readonly #queued = new Map<Task, Waiting>()
  /** What was built since this process began. */
  readonly #finished = new Map<FileNode, Outcome>()
  readonly #waits: Waits
  readonly #forecast: Forecast | undefined
  /** Those that are here: our own, and guests. */
  readonly #runs = new Set<RunServed>()
  #came = 0
  /** In whose name files are being checked. */
  #asking: Request | undefined
  /** What was just brought up to date for a check that is under way. */
  #brought: ReadonlySet<FileNode> | undefined
  #stopped = false

  constructor(options: {
    readonly tree: Tree
    readonly state: State
    readonly logs: Logs
    readonly console: Console
    readonly wishes: Wishes
    readonly traces: Traces
    /** Wants to know what is asked for, and what becomes of it. */
    readonly forecast: Forecast | undefined
    /** What only a run that builds something needs. */
    readonly workshop: () => Workshop
  }) {
    const { tree, state, logs, console, wishes, traces } = options
    const rules = new Rules(tree)
    this.state = state
    this.#wishes = wishes
    this.#tree = tree
    this.#rules = rules
    this.#logs = logs
    this.#console = console
    this.#workshop = options.workshop
    this.#forecast = options.forecast
    this.#waits = new Waits(traces.locks)
    this.#traces = traces
    this.#builder = new Builder({
      state,
      logs,
      console,
      rules,
      tree,
      explain: wishes.explain,
      trace: traces.locks,
      workshop: options.workshop,
    })
  }

  /**
   * Waits until nothing is brought up to date any more, or nothing with the tokens of this scheduler: a
   * script that has ended may have left a `redo-ifchange` in the background, and what that asked for is
   * built to its end.
   */
  async idle(scheduler?: Scheduler): Promise<void> {
    const left = () =>
      [...this.#tasks.values()].filter(task => scheduler === undefined || task.scheduler === scheduler)
    for (let tasks = left(); tasks.length > 0; tasks = left()) await Promise.all(tasks.map(task => task.done))
  }

  /** Ends all scripts; nothing more is started. */
  stop(signal: NodeJS.Signals): void {
    this.#stopped = true
    this.#builder.stop(signal)
  }

  /** The scripts that run, by their numbers. */
  get jobs(): ReadonlyMap<number, Job> {
    return this.#builder.jobs
  }

  /** Whether nothing is being brought up to date. */
  get isIdle(): boolean {
    return this.#tasks.size === 0
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  /** Ends what is built for the sake of this request alone. */
  abandon(request: Request): void {
    request.abandoned = true
    const askedBy = new Map<Task, Task[]>()
    const wanted = new Set<Task>()
    for (const task of this.#tasks.values()) {
      for (const { by, abandoned } of task.requests) {
        if (abandoned) continue
        if (by === undefined || by.job?.hasEnded === true) wanted.add(task)
        else askedBy.set(by, [...(askedBy.get(by) ?? []), task])
      }
    }
    // The set grows while it is gone through.
    for (const task of wanted) for (const inner of askedBy.get(task) ?? []) wanted.add(inner)
    this.#builder.stop('SIGTERM', job => !wanted.has(job.task))
  }

  /** The scripts that run now and do not wait, the oldest first. */
  get running(): readonly Running[] {
    return [...this.#builder.jobs.values()]
      .filter(job => job.hasToken)
      .map(job => ({ name: job.task.node.name, ran: job.clock.elapsed }))
  }

  /** A run comes: what was edited meanwhile counts for it, and what failed is tried again. */
  welcome(): RunServed {
    this.#came += 1
    this.#rules.forget()
    this.#tree.forget()
    const run = new RunServed(this.#came, run => this.#checkerOf(run))
    this.#runs.add(run)
    return run
  }

  /** It has left, and so have its scripts. */
  leave(run: RunServed): void {
    this.#runs.delete(run)
  }

  /** The rest of the run is to behave like a run of its own. */
  renew(run: RunServed): void {
    this.#came += 1
    this.#rules.forget()
    this.#tree.forget()
    run.renew(this.#came)
  }

  #checkerOf(run: RunServed): Checker {
    return new Checker({
      graph: this.state.graph,
      rules: this.#rules,
      logs: this.#logs,
      progress: node => this.#progress(run, node),
      overridden: node => this.#overridden(run, node),
      traces: this.#traces,
    })
  }

  request(run: RunServed, by: Task | undefined, force: boolean, own: Setting): Request {
    const { keepGoing, shuffle } = this.#wishes
    const setting = inherited(own, by)
    const isApart = own.console !== undefined
    return {
      run,
      by,
      force,
      keepGoing,
      shuffle,
      setting,
      isApart,
      silent: false,
      failed: false,
      abandoned: false,
    }
  }

  /** Whether all the targets are up to date now; at once when nothing has to be waited for. */
  fulfil(request: Request, nodes: readonly FileNode[]): boolean | Promise<boolean> {
    const awaited: Promise<void>[] = []
    const fresh = new Map<Task, Verdict>()
    for (const node of inOrder(request, nodes)) {
      if (request.failed && !request.keepGoing) break
      const running = this.#tasks.get(node)
      if (running !== undefined && (request.force || running.begun < request.run.since)) {
        awaited.push(this.#again(request, node, running))
        continue
      }
      const task = this.#taskFor(request, node, fresh)
      if (task === false) request.failed = true
      if (typeof task === 'boolean') continue
      awaited.push(
        task.done.then(ok => {
          if (request.by !== undefined) this.#waits.remove(request.by.node, node)
          if (ok) return
          request.failed = true
          if (task.outcome?.kind === 'failed' && task.shownTo !== request)
            this.#tellFailed(request, node, task.outcome)
        }),
      )
    }
    const [first] = fresh.keys()
    if (first !== undefined) {
      this.#schedulerOf(first).batch(() => {
        // Those that were looked at first did not know that the others are brought up to date as well.
        if (fresh.size > 1) request.run.checker.forgetUnsure()
        for (const [task, verdict] of fresh) {
          const isEarly = fresh.size > 1 && verdict.kind === 'unsure'
          void this.#pursue(task, isEarly ? request.run.checker.check(task.node) : verdict)
        }
      })
    }
    if (awaited.length === 0) return !request.failed
    return Promise.all(awaited).then(() => !request.failed)
  }

  /** Each wish for a forced build gets a build of its own, and each run one of its time: not one that was begun before. */
  async #again(request: Request, node: FileNode, running: Task): Promise<void> {
    const { by } = request
    const trail = by === undefined ? undefined : this.#waits.add(by.node, node)
    if (trail !== undefined) {
      this.#refuseCycle(request, node, trail)
      request.failed = true
      return
    }
    await running.done
    if (by !== undefined) this.#waits.remove(by.node, node)
    if (!(await this.fulfil(request, [node]))) request.failed = true
  }

  #refuseCycle(request: Request, node: FileNode, trail: readonly FileNode[]): void {
    if (request.silent) return
    const steps = trail.map((one, at) => `${at === 0 ? '' : '-> '}${quoted(one.name)}`)
    this.#tell(request, [`cannot build ${quoted(node.name)}: it depends on itself`, ...steps])
  }

  /** What to wait for before the target is up to date; or whether it is, when that is known. */
  #taskFor(request: Request, node: FileNode, fresh: Map<Task, Verdict>): boolean | Task {
    const running = this.#tasks.get(node)
    const known = running ?? this.#answer(request, node)
    if (typeof known === 'boolean') return known
    const task = known instanceof Task ? known : new Task(node, request.run)
    const { by } = request
    const trail = by === undefined ? undefined : this.#waits.add(by.node, node)
    if (trail !== undefined) {
      this.#refuseCycle(request, node, trail)
      return false
    }
    task.requests.push(request)
    if (!(known instanceof Task)) {
      this.#tasks.set(node, task)
      this.#forecast?.want(node.name, request.force)
      fresh.set(task, known)
    } else if (this.#queued.has(task)) {
      // The newest wish goes first.
      this.#schedulerOf(task).enqueue(this.#waiting(task))
    }
    return task
  }

  /** The answer to a wish, or why there is none without any work. */
  #answer(request: Request, node: FileNode): boolean | Verdict {
    const { checker } = request.run
    const finished = request.force ? undefined : this.#outcome(request.run, node)
    if (finished?.kind === 'built') return true
    if (finished?.kind === 'failed') {
      this.#tellFailed(request, node, finished)
      return false
    }
    this.#asking = request
    if (request.force && checker.isOurs(node)) return dirty({ kind: 'forced' })
    const verdict = checker.check(node)
    if (verdict.kind === 'clean') {
      if (request.by === undefined) this.#tellSource(request, node)
      return true
    }
    if (verdict.kind !== 'unknown') return verdict
    this.#tell(request, unknownTarget(node.name))
    return false
  }

  /** Finds out for good whether a target must be built, and queues it. */
  async #pursue(task: Task, first: Verdict): Promise<void> {
    let verdict = first
    while (verdict.kind === 'unsure') {
      const inputs = verdict.stamped
      const failing = inputs.find(node => this.#outcome(task.run, node)?.kind === 'failed')
      const request: Request = { ...this.request(task.run, task, false, {}), silent: true }
      const ok = failing === undefined && (await this.fulfil(request, inputs))
      const input = (failing ?? inputs[0] ?? task.node).name
      this.#asking = task.requests[0]
      verdict = ok ? this.#checkAfter(task, inputs) : dirty({ kind: 'input', input, why: undefined })
    }
    if (verdict.kind !== 'dirty') {
      this.#finish(task, verdict.kind === 'clean')
      return
    }
    task.reason = verdict.reason
    this.#schedulerOf(task).enqueue(this.#waiting(task))
  }

  /** A check in which some inputs count as built: one that is always to be built would be so again and again. */
  #checkAfter({ node, run }: Task, inputs: readonly FileNode[]): Verdict {
    this.#brought = new Set(inputs)
    try {
      return run.checker.check(node)
    } finally {
      this.#brought = undefined
    }
  }

  #waiting(task: Task): Waiting {
    const known = this.#queued.get(task)
    if (known !== undefined) return known
    const waiting: Waiting = {
      wanted: () => !this.#stopped && task.requests.some(isOpen),
      start: () => {
        this.#queued.delete(task)
        const scheduler = this.#schedulerOf(task)
        this.#asking = task.asker
        if (task.run.checker.isStillOurs(task.node)) {
          this.#builder.build(task, scheduler, ok => this.#built(task, ok))
          return
        }
        task.reason = undefined
        this.#finish(task, true)
        scheduler.release()
      },
      drop: () => this.#finish(task, undefined),
    }
    this.#queued.set(task, waiting)
    return waiting
  }

  /** A build that was stopped is none, neither good nor bad. Somebody may want it after all. */
  #built(task: Task, ok: boolean): void {
    if (ok || task.job?.stopped !== true) this.#finish(task, ok)
    else if (this.#waiting(task).wanted()) this.#schedulerOf(task).enqueue(this.#waiting(task))
    else this.#finish(task, undefined)
  }

  /** `ok` is undefined for a target that nobody wanted any more. */
  #finish(task: Task, ok: boolean | undefined): void {
    const { node } = task
    this.#queued.delete(task)
    this.#tasks.delete(node)
    for (const run of this.#runs) run.checker.forget(node)
    this.#rules.forget()
    const became = ok === undefined || task.reason === undefined ? undefined : ok ? 'built' : 'failed'
    if (became !== undefined) {
      task.outcome = { kind: became, begun: task.begun, console: task.shownTo?.setting.console }
      this.#finished.set(node, task.outcome)
    }
    this.#forecast?.finish(node.name, became, task.job?.clock.elapsed)
    task.settle(ok ?? false)
  }

  /** What became of a target that was built, if that counts for the run. */
  #outcome(run: RunServed, node: FileNode): Outcome | undefined {
    const outcome = this.#finished.get(node)
    return outcome === undefined || outcome.begun < run.since ? undefined : outcome
  }

  #progress(run: RunServed, node: FileNode): Progress {
    const task = this.#tasks.get(node)
    if (task === undefined)
      return this.#outcome(run, node)?.kind ?? (this.#brought?.has(node) ? 'built' : undefined)
    return task.reason === undefined ? 'undecided' : 'active'
  }

  #schedulerOf(task: Task): Scheduler {
    return task.scheduler ?? this.#workshop().scheduler
  }

  /** Of a build whose words stand elsewhere, maybe in the output of another run. */
  #tellFailed(request: Request, node: FileNode, { console }: Outcome): void {
    if (request.silent) return
    const fact = `cannot build ${quoted(node.name)}: it failed before in this run`
    const isElsewhere = console !== request.setting.console
    this.#tell(request, isElsewhere ? [fact, `see: redo-log ${quoted(node.name)}`] : [fact])
  }

  /** Who asks by hand for what has a rule expects a build. */
  #tellSource(request: Request, node: FileNode): void {
    const { warned } = request.run
    if (node.making !== undefined || warned.has(node)) return
    if (this.#rules.find(node.name) === undefined) return
    warned.add(node)
    this.#tell(request, [`${node.name} - it is a source, though it has a .do; delete it to have it built`])
  }

  #overridden({ warned }: RunServed, node: FileNode): void {
    if (warned.has(node)) return
    warned.add(node)
    this.#logs.drop(node.name)
    this.#tell(this.#asking, [`${node.name} - you modified it; delete it to have it built again`])
  }

  /** Says something in the log of the target that asked, or to people when it was them. */
  #tell(request: Request | undefined, [first = '', ...rest]: readonly string[]): void {
    const text = [`redo: ${first}`, ...rest.map(line => `  ${line}`)].join('\n')
    const job = request?.isApart === true ? undefined : request?.by?.job
    if (job !== undefined) {
      // Of one that has ended the log is closed, and its descriptor may be another file's by now.
      if (!job.hasEnded) job.transcript.line(text)
    } else (request?.setting.console ?? this.#console).line(text)
  }
}

function inOrder(request: Request, nodes: readonly FileNode[]): readonly FileNode[] {
  const once = [...new Set(nodes)]
  if (!request.shuffle) return once
  return once
    .map(node => ({ node, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ node }) => node)
}
