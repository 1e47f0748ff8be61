import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ok, type Result, refuse } from '../../core/result.ts'
import { treeRoot } from '../../core/store.ts'
import { Broken, type Failure } from './failure.ts'
import type { Opened } from './place.ts'

/** What the process of a reader is asked. A file is called by the number that it was opened under. */
export type Question = { readonly file: number } & (
  | { readonly ask: 'open'; readonly name: string }
  /** `start` is answered by no bytes, and `close` not at all. */
  | { readonly ask: 'start' | 'read' | 'close' }
)

export type Answer = { readonly file: number } & (
  | { readonly length: number }
  /** Those that come next; none at the end. */
  | { readonly bytes: Uint8Array }
  | { readonly failure: Failure }
)

/**
 * Reads the files of a folder by a process of its own. On a file system of the network whose server is gone each
 * question waits for as long as that lasts, in a thread, of which node has four for all that it does; and a process that
 * has such a thread cannot end. What is asked here can be left at any time, and so can that process.
 */
export class FolderReader {
  readonly #folder: string
  #process: Promise<ReaderProcess>
  #starts = 1
  #isClosed = false

  private constructor(folder: string) {
    this.#folder = folder
    this.#process = ReaderProcess.start(folder)
  }

  /** Waits for the process to have started, on which nobody's patience with the folder is to be spent. */
  static async start(folder: string): Promise<FolderReader> {
    const reader = new FolderReader(folder)
    await reader.#process
    return reader
  }

  /** Where somebody has killed the process, as the kernel does that has no memory left, another one is asked. */
  async open(name: string, signal: AbortSignal): Promise<Result<Opened, Failure>> {
    for (;;) {
      const asked = this.#process
      const process = await asked
      const opened = await process.open(name, signal)
      if (opened.ok || signal.aborted || this.#isClosed || !process.wasKilled) return opened
      if (this.#process !== asked) continue // another question has seen to it
      if (this.#starts === MOST_STARTS) return opened
      this.#starts += 1
      this.#process = ReaderProcess.start(this.#folder)
    }
  }

  /** Ends the process, if it can be ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    const process = await this.#process
    await process.end()
  }
}

const MOST_STARTS = 3

class ReaderProcess {
  readonly #child: ChildProcess | undefined
  /** Who waits for what is said of a file: there is one question about each at a time. */
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #files = 0
  #hasStarted = false
  /** What is said of every file when the process is not there. */
  #failure = ENDED

  private constructor(folder: string) {
    this.#child = this.#fork(folder)
    this.#child?.unref()
    this.#child?.channel?.unref()
    this.#child
      ?.on('message', (answer: Answer) => this.#hear(answer))
      .on('disconnect', () => this.#lose(this.#failure))
      .on('error', (error: NodeJS.ErrnoException) => this.#lose(notStarted(error.code)))
  }

  static async start(folder: string): Promise<ReaderProcess> {
    const process = new ReaderProcess(folder)
    // Node may wait for ever for threads that it does not get.
    const late = setTimeout(() => {
      process.#lose(notStarted(`nothing came of it within ${START_MS / 1000} s`))
      void process.end()
    }, START_MS)
    const answer = await process.#ask({ file: process.#files++, ask: 'start' })
    clearTimeout(late)
    process.#hasStarted = !('failure' in answer)
    return process
  }

  get wasKilled(): boolean {
    return this.#hasStarted && !this.#child?.connected
  }

  async open(name: string, signal: AbortSignal): Promise<Result<Opened, Failure>> {
    if (signal.aborted) return refuse(OVER)
    const file = this.#files++
    const close = (): void => {
      signal.removeEventListener('abort', close)
      this.#hear({ file, failure: OVER })
      this.#send({ file, ask: 'close' })
    }
    signal.addEventListener('abort', close)
    const answer = await this.#ask({ file, ask: 'open', name })
    if ('length' in answer) {
      const next = async (): Promise<Answer> =>
        signal.aborted ? { file, failure: OVER } : this.#ask({ file, ask: 'read' })
      return ok({ bytes: bytesOf(next, close), length: answer.length, close })
    }
    close()
    return refuse('failure' in answer ? answer.failure : ENDED)
  }

  /**
   * Waits for its end, lest it be left to the first process of the machine: that of a container may wait for no others, and
   * redo-c takes it for one of its own. Not for long: from a file system that does not answer not even SIGKILL ends it.
   */
  async end(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new AbortController()
    child.once('exit', () => ended.abort())
    child.ref()
    child.kill('SIGKILL')
    await sleep(END_MS, undefined, { signal: ended.signal }).catch(() => {})
    child.unref()
    if (child.connected) child.disconnect()
  }

  #ask(question: Question): Promise<Answer> {
    return new Promise(resolve => {
      const { file } = question
      if (!this.#child?.connected) return resolve({ file, failure: this.#failure })
      this.#waiting.set(file, resolve)
      // Who waits is not to be ended by node for having nothing to do; an idle reader keeps nobody from ending.
      this.#child.channel?.ref()
      this.#send(question)
    })
  }

  #hear(answer: Answer): void {
    this.#waiting.get(answer.file)?.(answer)
    this.#waiting.delete(answer.file)
    if (this.#waiting.size === 0) this.#child?.channel?.unref()
  }

  #lose(failure: Failure): void {
    this.#failure = failure
    for (const file of [...this.#waiting.keys()]) this.#hear({ file, failure })
  }

  /** Where that fails the process has ended, which is told by itself. */
  #send(question: Question): void {
    if (this.#child?.connected) this.#child.send(question, () => {})
  }

  #fork(folder: string): ChildProcess | undefined {
    try {
      return fork(join(treeRoot(), 'dist/read-folder.js'), [folder], {
        cwd: '/',
        // It ends with us. If Ctrl-C ended it, those who wait for an answer would take that for a fault of the folder.
        detached: true,
        execArgv: [],
        // Node reads these certificates at every start, for 40 ms; the options may name files of our folder.
        env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, NODE_OPTIONS: undefined },
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        // Else bytes would come as text.
        serialization: 'advanced',
      })
    } catch (error) {
      this.#failure = notStarted((error as NodeJS.ErrnoException).code)
      return undefined
    }
  }
}

const START_MS = 5_000
const END_MS = 500

/** Asks for what comes next before what came is used up. Throws `Broken`, and nothing else. */
async function* bytesOf(ask: () => Promise<Answer>, close: () => void): AsyncGenerator<Uint8Array> {
  try {
    for (let next = ask(); ; ) {
      const answer = await next
      if (!('bytes' in answer)) throw new Broken('failure' in answer ? answer.failure : ENDED)
      if (answer.bytes.length === 0) return
      next = ask()
      yield answer.bytes
    }
  } finally {
    close()
  }
}

const OVER: Failure = { kind: 'unreachable', why: 'nobody waits for it any more' }
const ENDED: Failure = { kind: 'unreachable', why: 'the process that reads the folder has ended' }

const notStarted = (why: string | undefined): Failure => ({
  kind: 'unreachable',
  why: `the process that reads the folder could not be started: ${why}`,
})
