import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
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
  readonly #child: ChildProcess | undefined
  /** Who waits for what is said of a file: there is one question about each at a time. */
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #files = 0

  private constructor(folder: string) {
    this.#child = forked(folder)
    this.#child?.unref()
    this.#child?.channel?.unref()
    const lose = (): void => {
      for (const file of [...this.#waiting.keys()]) this.#hear({ file, failure: ENDED })
    }
    this.#child
      ?.on('message', (answer: Answer) => this.#hear(answer))
      .on('disconnect', lose)
      .on('error', lose)
  }

  /** Waits for the process to have started, on which nobody's patience with the folder is to be spent. */
  static async start(folder: string): Promise<FolderReader> {
    const reader = new FolderReader(folder)
    await reader.#ask({ file: reader.#files++, ask: 'start' })
    return reader
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

  /** The process ends, if it can; nobody waits for that. */
  close(): void {
    if (this.#child?.connected) this.#child.disconnect()
  }

  #ask(question: Question): Promise<Answer> {
    return new Promise(resolve => {
      const { file } = question
      if (!this.#child?.connected) return resolve({ file, failure: ENDED })
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

  /** Where that fails the process has ended, which is told by itself. */
  #send(question: Question): void {
    if (this.#child?.connected) this.#child.send(question, () => {})
  }
}

function forked(folder: string): ChildProcess | undefined {
  try {
    return fork(join(treeRoot(), 'dist/read-folder.js'), [folder], {
      cwd: '/',
      // It ends with us. If Ctrl-C ended it, those who wait for an answer would take that for a fault of the folder.
      detached: true,
      execArgv: [],
      // Node reads these certificates at every start, for 40 ms.
      env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Else bytes would come as text.
      serialization: 'advanced',
    })
  } catch {
    return undefined // no memory for it, say
  }
}

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
