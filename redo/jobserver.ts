import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { jobserverIn } from '../core/makeflags.ts'

/**
 * The tokens of a GNU make jobserver, ours or that of a make (or redo) that started us. Whoever runs a
 * job holds one. One token is ours from the start and is in no pipe.
 */
export class Jobserver {
  /** The descriptors that jobs inherit, and the words in MAKEFLAGS that tell of them. */
  readonly pipe: readonly [read: number, write: number]
  readonly #ask: number
  readonly #give: number
  /** The descriptors that were opened here. */
  readonly #opened: ReadonlySet<number>
  /** Bytes taken out of the pipe; they go back as they were. */
  readonly #taken: number[] = []
  #ownIsFree = true

  /** How many tokens were put into the pipe; unknown for a jobserver that is not ours. */
  readonly #size: number | undefined

  private constructor(
    pipe: readonly [number, number],
    ask: number,
    give: number,
    opened: readonly number[],
    size?: number,
  ) {
    this.#size = size
    this.#opened = new Set(opened)
    this.pipe = pipe
    this.#ask = ask
    this.#give = give
  }

  /** A new jobserver for `jobs` jobs on a fifo that exists. */
  static create(fifo: string, jobs: number): Jobserver {
    const { O_RDWR, O_NONBLOCK } = constants
    const ask = openSync(fifo, O_RDWR | O_NONBLOCK)
    const tokens = Buffer.alloc(jobs - 1, '+')
    for (let at = 0; at < tokens.length; ) at += writeSync(ask, tokens, at)
    const pipe = [openSync(fifo, O_RDWR), openSync(fifo, O_RDWR)] as const
    return new Jobserver(pipe, ask, ask, [ask, ...pipe], tokens.length)
  }

  /** Joins the jobserver that MAKEFLAGS tells of, when there is one and it can be reached. */
  static join(environment: NodeJS.ProcessEnv): Jobserver | undefined {
    const { MAKEFLAGS: makeflags = '', COOLPORTS_PIPES: inherited } = environment
    const place = jobserverIn(makeflags)
    if (place === undefined) return undefined
    const { O_RDWR, O_RDONLY, O_NONBLOCK } = constants
    try {
      if (place.kind === 'fifo') {
        const ask = openSync(place.path, O_RDWR | O_NONBLOCK)
        const pipe = [openSync(place.path, O_RDWR), openSync(place.path, O_RDWR)] as const
        return new Jobserver(pipe, ask, ask, [ask, ...pipe])
      }
      const { read, write } = place
      // A make that did not mean us to join left the words but not the pipe, and node may have put
      // something else there.
      if (inherited !== undefined && ![read, write].every(fd => inherited.split(' ').includes(String(fd))))
        return undefined
      // Our own way of reading must not block, and must not make that of others non-blocking.
      const ask = openSync(`/proc/self/fd/${read}`, O_RDONLY | O_NONBLOCK)
      return new Jobserver([read, write], ask, write, [ask])
    } catch {
      return undefined
    }
  }

  take(): boolean {
    if (this.#ownIsFree) {
      this.#ownIsFree = false
      return true
    }
    // All are ours: the pipe is empty, and a vain read costs an exception.
    if (!this.isShared) return false
    const byte = Buffer.alloc(1)
    try {
      if (readSync(this.#ask, byte, 0, 1, null) !== 1) return false
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
      throw error
    }
    this.#taken.push(byte[0] ?? 0)
    return true
  }

  /** How many jobs it allows in all; unknown for a jobserver that is not ours. */
  get size(): number | undefined {
    return this.#size === undefined ? undefined : this.#size + 1
  }

  /** Whether somebody else may put a token back. */
  get isShared(): boolean {
    return this.#taken.length !== this.#size
  }

  give(): void {
    const byte = this.#taken.pop()
    if (byte === undefined) this.#ownIsFree = true
    else writeSync(this.#give, Buffer.of(byte))
  }

  close(): void {
    while (this.#taken.length > 0) this.give()
    for (const fd of this.#opened) closeSync(fd)
  }
}
