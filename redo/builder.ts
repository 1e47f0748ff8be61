import { unlinkSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { quoted } from '../core/message.ts'
import { READING, systemFault } from '../core/system-error.ts'
import { type Console, Transcript } from './console.ts'
import { type Ending, signalGroup } from './executor.ts'
import type { FileNode } from './graph.ts'
import { Job } from './job.ts'
import type { Logs } from './logs.ts'
import { type Accepted, copiedTo, discard, install, type Places, productOf } from './product.ts'
import { sentence } from './reason.ts'
import type { Rule, Rules } from './rules.ts'
import type { Scheduler } from './scheduler.ts'
import { exists, folder, isOfFile, isSymlink, nothing, stampOf } from './stamp.ts'
import type { State } from './state.ts'
import type { Task } from './task.ts'
import type { Trace } from './trace.ts'
import type { FileName, Tree } from './tree.ts'
import { unknownTarget } from './unknown.ts'
import type { Workshop } from './workshop.ts'

/** Runs the scripts of targets, puts what they make in place, and keeps the record. */
export class Builder {
  /** Those that run. */
  readonly jobs = new Map<number, Job>()
  readonly #state: State
  readonly #logs: Logs
  readonly #console: Console
  readonly #rules: Rules
  readonly #tree: Tree
  readonly #explain: boolean
  readonly #trace: Trace | undefined
  readonly #workshop: () => Workshop
  #count = 0

  constructor(options: {
    readonly state: State
    readonly logs: Logs
    readonly console: Console
    readonly rules: Rules
    readonly tree: Tree
    readonly explain: boolean
    readonly trace: Trace | undefined
    readonly workshop: () => Workshop
  }) {
    this.#state = options.state
    this.#logs = options.logs
    this.#console = options.console
    this.#rules = options.rules
    this.#tree = options.tree
    this.#explain = options.explain
    this.#trace = options.trace
    this.#workshop = options.workshop
  }

  /** Runs the script of a target, with a token in hand that is given back at the end. */
  build(task: Task, scheduler: Scheduler, done: (ok: boolean) => void): void {
    const { node } = task
    const { setting } = task
    const workshop = this.#workshop()
    task.shownTo = task.asker
    const console = setting.console ?? this.#console
    let ruleStamp = nothing
    const rule = this.#rules.find(node.name, file => {
      ruleStamp = stampOf(file)
      return isOfFile(ruleStamp)
    })
    if (rule === undefined) {
      const [fact, ...rest] = unknownTarget(node.name)
      console.line([`redo: ${fact}`, ...rest.map(line => `  ${line}`)].join('\n'))
      done(false)
      scheduler.release()
      return
    }
    this.#count += 1
    const number = this.#count
    const transcript = new Transcript(node.name, this.#logs.begin(node.name))
    console.begin(transcript, task.within)
    if ((setting.explain ?? this.#explain) && task.reason !== undefined) {
      transcript.line(`redo: building ${quoted(node.name)}: ${sentence(task.reason)}`)
    }
    const [temporary, seen] = temporaryFor(rule, node.name, number)
    const stdout = join(workshop.folder, `stdout-${number}`)
    const places: Places = {
      target: node.name,
      temporary,
      stdout,
      before: stampOf(node.name),
    }
    workshop.begin(node.name, temporary)
    const doFile = this.#state.graph.node(rule.doFile)
    // Its version is to be that of now.
    task.run.checker.check(doFile, ruleStamp)
    const job = new Job({
      number,
      task,
      rule: doFile,
      transcript,
      console,
      scheduler,
      trace: this.#trace,
    })
    task.job = job
    this.jobs.set(number, job)
    const script = {
      job: number,
      rule,
      ruleStamp,
      temporary: seen,
      stdout,
      stderr: transcript.file,
      slot: workshop.mailbox.hint(number),
      pipe: scheduler.pipe,
      log: resolve(this.#logs.path(node.name)),
      environment: setting.environment,
      flags: setting.flags,
    }
    job.child = workshop.starter.start(script, ending => {
      if (!job.end()) return
      this.jobs.delete(number)
      done(this.#ended(job, rule, places, ending))
      job.giveTokenBack()
    })
  }

  stop(signal: NodeJS.Signals, chosen: (job: Job) => boolean = () => true): void {
    for (const job of [...this.jobs.values()].filter(chosen)) {
      job.stopped = true
      if (job.child === undefined) continue
      this.#workshop().forbid(job.number)
      signalGroup(job.child, signal)
    }
  }

  #ended(job: Job, rule: Rule, places: Places, ending: Ending): boolean {
    const product = this.#conclude(job, places, ending)
    const ok = typeof product !== 'string'
    discard(places, ok ? product : undefined)
    if (!ok && !job.stopped) {
      job.transcript.line(`redo: cannot build ${quoted(places.target)}: ${quoted(rule.doFile)} ${product}`)
      const gone = job.refused ? undefined : job.inputs.find(isGone)
      if (gone !== undefined)
        job.transcript.line(`  ${quoted(gone.name)}, which it asked for, was removed since: run it again`)
      this.#fail(job, places)
    } else if (!ok) this.#leave(job, places)
    job.console.end(job.transcript)
    return ok
  }

  /** Puts the product in place and on record; or says why not. */
  #conclude(job: Job, places: Places, ending: Ending): Accepted | string {
    if (job.stopped) return 'was stopped'
    if (ending.error !== undefined)
      return `can not be started: ${startingFault(ending.error)}${adviceOn(ending.error)}`
    if (ending.signal !== undefined) return `was ended by ${ending.signal}`
    if (ending.status !== 0) return `ended with exit status ${ending.status}`
    const product = productOf(places)
    if (product.kind === 'refused') return `is wrong: ${product.why}`
    this.#record(job, places, product)
    // What lay behind a symlink lies elsewhere now.
    if (isSymlink(places.before) || (product.kind === 'file' && isSymlink(product.stamp))) this.#tree.forget()
    try {
      if (product.kind === 'file') {
        if (install(product, places)) return product
        const copy = copiedTo(places.temporary, product)
        this.#record(job, places, copy)
        install(copy, places)
        return copy
      }
      // A script may make a folder of what was a file.
      const now = stampOf(places.target)
      if (now !== nothing && now !== folder) unlinkSync(places.target)
    } catch (error) {
      const { why, path } = systemFault(error) ?? { why: (error as Error).message, path: places.target }
      return `made what cannot be put at ${quoted(path)}: ${why}`
    }
    return product
  }

  /**
   * On disk before the product is in place: so a crash between the two shows as a file that looks like
   * before, and never as one that somebody changed by hand.
   */
  #record(job: Job, places: Places, product: Accepted): void {
    const left = () => (stampOf(places.target) === folder ? folder : nothing)
    const stamp = product.kind === 'file' ? product.stamp : left()
    this.#state.graph.built(job.task.node, stamp, job.making(places.before))
    this.#state.save()
  }

  #fail(job: Job, { target, before }: Places): void {
    this.#state.graph.failed(job.task.node, stampOf(target), job.making(before))
    this.#state.save()
  }

  /** It was stopped: nothing is known but that this build made no file, though it has a log. */
  #leave(job: Job, { before }: Places): void {
    this.#state.graph.cut(job.task.node, before, job.transcript.date())
    this.#state.save()
  }
}

/** Of the program of the first line, which is often one that is not there. */
function startingFault({ code = '', path, message }: NodeJS.ErrnoException): string {
  const why = READING[code]
  return why === undefined || path === undefined ? message : `${quoted(path)}: ${why}`
}

/** A script that waits holds a few descriptors, and so does each of those that wait for it. */
const adviceOn = (error: NodeJS.ErrnoException): string =>
  ['EMFILE', 'ENFILE'].includes(error.code ?? '') ? '; for so long a chain of targets, raise ulimit -n' : ''

/** What was there in this run, and was taken away by somebody else, such as coolports-gen. */
const isGone = ({ name, stamp = nothing }: FileNode): boolean => stamp !== nothing && !exists(name)

/** `$3`: beside the target, with a name that no other run of redo uses. As a name, and seen from the rule. */
function temporaryFor(rule: Rule, target: FileName, number: number): readonly [FileName, string] {
  const base = basename(target)
  const wanted = `${base}.redo-${process.pid}.tmp`
  const short = Buffer.byteLength(wanted) <= 255 ? wanted : `.redo-${process.pid}-${number}.tmp`
  const beside = (path: string) => path.slice(0, path.length - base.length) + short
  return [beside(target), beside(rule.target)]
}
