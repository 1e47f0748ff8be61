import { appendFileSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileDigest } from '../core/file-digest.ts'
import { areAsMade, nameKey } from '../core/key-file.ts'
import { isMangled } from '../core/mangled.ts'
import { quoted } from '../core/message.ts'
import { Console } from './console.ts'
import type { Coordinator } from './coordinator.ts'
import { refusalElsewhere } from './elsewhere.ts'
import type { Graph } from './graph.ts'
import { Guests } from './guests.ts'
import type { Job } from './job.ts'
import type { Message } from './message.ts'
import { type Options, parseOptions } from './options.ts'
import { type Query, queries, queryArguments, readBooks } from './query.ts'
import type { RunServed } from './run-served.ts'
import type { Scheduler } from './scheduler.ts'
import { exists } from './stamp.ts'
import { flagsOfShell } from './starter.ts'
import type { Setting } from './task.ts'
import type { FileName, Tree } from './tree.ts'
import type { Workshop } from './workshop.ts'

type Answer = readonly [status: number, text?: string | undefined]

/** Answers the commands that scripts call, and those of other runs in the same tree. */
export class Clients {
  readonly #coordinator: Coordinator
  readonly #tree: Tree
  readonly #graph: Graph
  readonly #workshop: () => Workshop
  readonly guests = new Guests()
  #isOver = false

  constructor(options: {
    readonly coordinator: Coordinator
    readonly tree: Tree
    readonly graph: Graph
    readonly workshop: () => Workshop
  }) {
    this.#coordinator = options.coordinator
    this.#tree = options.tree
    this.#graph = options.graph
    this.#workshop = options.workshop
  }

  /** Hears no other runs any more: at the end of this one they take a turn of their own. */
  dismiss(): void {
    this.#isOver = true
  }

  receive(message: Message): void {
    if (message.verb === 'bye') {
      this.guests.goodbye(message.slot)
      return
    }
    if (this.#isOver && isOfGuest(message)) return
    if (message.verb === 'ended') {
      this.#workshop().starter.ended(message.slot, Number(message.args[0]))
      return
    }
    const answer = ([status, text]: Answer) => this.#workshop().mailbox.answer(message, status, text)
    const job = this.#coordinator.jobs.get(message.job)
    if (job === undefined && !isOfGuest(message)) {
      answer([1, 'cannot go on: the script that asks has ended'])
      return
    }
    switch (message.verb) {
      case 'ifchange':
      case 'redo':
        this.#bring(job, message, answer)
        return
      case 'help':
        this.#help(message, answer)
        return
      case 'help-here':
        this.#help(message, answer, resolve(this.#own(message, 'exports')))
        return
      case 'forget':
        // Of apenwarr's suite, see doc/redo.md.
        if (job !== undefined) this.#coordinator.renew(job.task.run)
        answer([0])
        return
    }
    const query = queries[message.verb]
    if (query !== undefined) {
      answer(this.#query(query, message))
      return
    }
    answer(job === undefined ? [2, 'cannot run: it is for .do scripts only'] : this.#note(job, message))
  }

  /** The lines are in a file, which the command prints in any case. */
  #query(query: Query, message: Message): Answer {
    const args = queryArguments(message.verb, message.args)
    const { lines, status } = args.ok
      ? query({ tree: this.#tree, ...readBooks(), cwd: message.cwd, args: args.value })
      : { lines: [], status: 2 }
    writeFileSync(this.#own(message, 'reply'), lines.map(line => `${line}\n`).join(''))
    return [status, args.ok ? undefined : `cannot run: ${args.error}`]
  }

  /** Has the work of a door done, for which it would start a process of its own. */
  #help(
    { args: [pid = '', door = '', ...words] }: Message,
    answer: (answer: Answer) => void,
    exports?: string,
  ): void {
    this.#workshop().workers.run(
      { pid: Number(pid), door: basename(door), words, exports },
      (status = declined, text = '') => answer([status, text]),
    )
  }

  /** What needs no waiting. */
  #note(job: Job, message: Message): Answer {
    switch (message.verb) {
      case 'ifcreate':
        return this.#ifcreate(job, message)
      case 'always':
        job.always = true
        return [0]
      case 'stamp':
        return this.#stamp(job, message.args[0] ?? '', { keep: false })
      case 'stamp-of':
        return this.#stamp(job, join(message.cwd, message.args[0] ?? ''), { keep: true })
      case 'key':
        return this.#key(message)
      default:
        return [2, `cannot understand the request ${quoted(message.verb)}`]
    }
  }

  #stamp(job: Job, file: string, { keep }: { readonly keep: boolean }): Answer {
    try {
      job.digest = fileDigest(realpathSync.native(file))
      if (!keep) rmSync(file, { force: true })
      return [0]
    } catch (error) {
      return [2, `cannot stamp: ${(error as Error).message}`]
    }
  }

  /** Does what bin/do-key does, which tells where something is not as it was. */
  #key({ cwd, args: [, file = '', ...made] }: Message): Answer {
    try {
      if (!areAsMade(cwd, made)) return [declined]
    } catch {
      return [declined]
    }
    try {
      nameKey(resolve(cwd, file))
      return [0]
    } catch (error) {
      // What is there may be a half by now.
      return [1, `cannot write a key: ${(error as Error).message}`]
    }
  }

  #ifcreate(job: Job, message: Message): Answer {
    const mangled = mangledIn(message.cwd, message.args)
    if (mangled !== undefined)
      return [1, `cannot depend on the absence of ${quoted(mangled)}: the name is not in UTF-8`]
    for (const arg of message.args) {
      const node = this.#node(message.cwd, arg)
      if (exists(node.name)) return [1, `cannot depend on the absence of ${quoted(node.name)}: it exists`]
      job.absent.add(node)
    }
    return [0]
  }

  #bring(job: Job | undefined, message: Message, answer: (answer: Answer) => void): void {
    const parsed = parseOptions(message.args)
    if (parsed.kind !== 'options') {
      answer([
        2,
        `cannot run: ${parsed.kind === 'misuse' ? parsed.why : '--help and --version are for the outside of a .do'}`,
      ])
      return
    }
    const { options } = parsed
    const { targets, keepGoing, shuffle } = options
    if (options.dryRun) {
      answer([2, 'cannot run: -n is for the outside of a .do'])
      return
    }
    if (targets.includes('')) {
      answer([1, 'cannot build a target without a name'])
      return
    }
    const mangled = mangledIn(message.cwd, targets)
    if (mangled !== undefined) {
      answer([1, `cannot build ${quoted(mangled)}: the name is not in UTF-8`])
      return
    }
    const force = message.verb === 'redo'
    const nodes = targets.map(target => this.#node(message.cwd, target))
    if (job !== undefined && !force) {
      const links = this.#tree.linksTo(message.cwd, targets)
      if (links.length > 0) this.#passThrough(job, links)
    }
    for (const { name } of nodes) {
      const refusal = refusalElsewhere(this.#tree, name)
      if (refusal === undefined) continue
      answer([1, refusal])
      return
    }
    const setting = this.#setting(job, message, options)
    const run = job?.task.run ?? this.#coordinator.welcome()
    const usual = this.#coordinator.request(run, job?.task, force, setting)
    const request = { ...usual, keepGoing: keepGoing || usual.keepGoing, shuffle: shuffle || usual.shuffle }
    if (job === undefined) {
      this.guests.welcome(message.slot, -message.job, () => this.#coordinator.abandon(request))
    }
    const done = this.#coordinator.fulfil(request, nodes)
    const finish = (ok: boolean) => {
      if (!force && job !== undefined) job.depend(nodes)
      if (!ok && job !== undefined) job.refused = true
      setting.console?.close()
      const isCut = !ok && job === undefined && this.#coordinator.isStopped
      answer([ok ? 0 : 1, isCut ? `cannot go on: ${lost}` : undefined])
    }
    if (typeof done === 'boolean') finish(done)
    else if (job !== undefined) job.wait(done, finish)
    else void done.then(finish)
    if (setting.scheduler !== undefined)
      void this.#close(setting.scheduler, done, job === undefined ? run : undefined)
  }

  /**
   * A symlinked folder on the way to what a script asks for counts as a source. One that is built is for the
   * script to ask for, before it asks for what lies behind: now it is too late to build it.
   */
  #passThrough(job: Job, links: readonly FileName[]): void {
    for (const node of links.map(link => this.#graph.node(link))) {
      if (node === job.task.node || node.making !== undefined) continue
      job.task.run.checker.check(node)
      job.depend([node])
    }
  }

  /** Puts the tokens of one request away, when no build has one any more; with them goes the guest who made it. */
  async #close(
    scheduler: Scheduler,
    done: boolean | Promise<boolean>,
    guest: RunServed | undefined,
  ): Promise<void> {
    await done
    await this.#coordinator.idle(scheduler)
    scheduler.close()
    if (guest !== undefined) this.#coordinator.leave(guest)
  }

  /** Whoever gives an own -j, -v, -x or --explain, an own environment, or an own stderr, gets it. */
  #setting(job: Job | undefined, message: Message, options: Options): Setting {
    const { jobs, verbose, trace, explain } = options
    const workshop = this.#workshop()
    const output = this.#own(message, 'out')
    return {
      scheduler: jobs === undefined && job !== undefined ? undefined : workshop.openScheduler(jobs ?? 1),
      console: message.ownOutput ? new Console(bytes => appendFileSync(output, bytes)) : undefined,
      environment: message.ownEnvironment ? environmentIn(this.#own(message, 'env')) : undefined,
      explain: explain || undefined,
      flags: verbose || trace ? flagsOfShell(options) : undefined,
    }
  }

  /** A file beside the slot of a client. */
  #own(message: Message, name: string): string {
    return join(this.#workshop().folder, `${message.slot}.${name}`)
  }

  #node(cwd: string, path: string) {
    return this.#graph.node(this.#tree.name(cwd, path))
  }
}

function mangledIn(cwd: string, names: readonly string[]): string | undefined {
  return isMangled(cwd) ? cwd : names.find(isMangled)
}

/** Whether another run in the same tree asks: it says its process id in place of a job, see guest.ts. */
function isOfGuest({ job }: Message): boolean {
  return job < 0
}

/** What a guest is told when this run gets a signal. */
const lost = `the run of process ${process.pid}, which built this, was stopped`

/** No exit status: the client has to do its work itself. */
const declined = 256

/** What `env -0` wrote; nothing when there is no such file. */
function environmentIn(file: string): NodeJS.ProcessEnv | undefined {
  if (!exists(file)) return undefined
  const lines = readFileSync(file, 'utf8').split('\0').slice(0, -1)
  rmSync(file)
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}
