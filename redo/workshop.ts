import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { tellsOfJobserver } from '../core/makeflags.ts'
import { begunLine } from './begun.ts'
import { Jobserver } from './jobserver.ts'
import { Mailbox } from './mailbox.ts'
import type { Message } from './message.ts'
import { Scheduler } from './scheduler.ts'
import type { SignalName } from './signals.ts'
import { Starter } from './starter.ts'
import type { Trace } from './trace.ts'
import type { FileName, Tree } from './tree.ts'
import { Workers } from './workers.ts'

const OUT_OF_REACH = `redo: cannot share the jobs of the make that started this: its jobserver is out of reach; jobs run one by one
  begin the line in the rule of that make with "+", or say -j`

/** What a run needs to run scripts, in a folder of its own: mailbox, tokens, starter, workers. */
export class Workshop {
  readonly folder: string
  readonly mailbox: Mailbox
  readonly starter: Starter
  readonly scheduler: Scheduler
  readonly workers: Workers
  readonly #begun: number
  readonly #ask: number
  readonly #trace: Trace | undefined
  #pools = 0

  constructor(options: {
    readonly tree: Tree
    readonly folder: string
    readonly commands: string
    readonly ignored: readonly SignalName[]
    readonly jobs: number | undefined
    readonly verbose: boolean
    readonly trace: boolean
    readonly receive: (message: Message) => void
    readonly locks: Trace | undefined
    /** What people are to know, as lines without their ends. */
    readonly tell: (text: string) => void
  }) {
    const { tree, folder, jobs } = options
    // Of its environment a guest or a script leaves word here, with what that may have of passwords.
    mkdirSync(folder, { mode: 0o700 })
    this.folder = folder
    this.mailbox = new Mailbox(folder, ['tokens'], options.receive)
    const joined = jobs === undefined ? Jobserver.join(process.env) : undefined
    this.scheduler = new Scheduler(
      joined ?? Jobserver.create(join(folder, 'tokens'), jobs ?? 1),
      options.locks,
    )
    if (jobs === undefined && joined === undefined && tellsOfJobserver(process.env.MAKEFLAGS ?? ''))
      options.tell(OUT_OF_REACH)
    this.#trace = options.locks
    this.#ask = openSync(join(folder, 'ask'), 'r+')
    this.starter = new Starter({
      ...options,
      environment: process.env,
      runFolder: join(tree.top, folder),
      pipe: this.scheduler.pipe,
      mailbox: this.mailbox,
      ask: this.#ask,
    })
    this.workers = new Workers({
      program: join(options.commands, '../../dist/worker.js'),
      runFolder: join(tree.top, folder),
    })
    // By this a door of bin/ knows that workers do its work here.
    if (this.workers.areThere) symlinkSync(join(options.commands, '..'), join(folder, 'doors'))
    this.#begun = openSync(join(folder, 'begun'), 'a')
  }

  /** Another jobserver, for a part of the run that was given its own -j. */
  openScheduler(jobs: number): Scheduler {
    this.#pools += 1
    const fifo = `tokens-${this.#pools}`
    this.mailbox.mkfifo([fifo])
    return new Scheduler(Jobserver.create(join(this.folder, fifo), jobs), this.#trace)
  }

  /** Leaves word of a target and its temporary file for those who clean up after a crash. */
  begin(target: FileName, temporary: FileName): void {
    writeSync(this.#begun, begunLine({ target, temporary }))
  }

  /** A script is not to begin any more, if its shell has yet to fork for it: a signal would not reach it. */
  forbid(job: number): void {
    try {
      writeFileSync(join(this.folder, `${job}.stopped`), '')
    } catch {
      // On a full disk, or when a script removed .redo: then it is as if the script had begun.
    }
  }

  close(): void {
    this.scheduler.close()
    this.mailbox.close()
    closeSync(this.#begun)
    closeSync(this.#ask)
  }
}
