import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs'
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { join } from 'node:path'
import { findProgram } from '../../core/missing.ts'
import { removeTree } from '../../core/remove.ts'
import { makeScratch } from '../../core/scratch.ts'
import { isSystemError } from '../../core/system-error.ts'

/** The output of the builds of this process. */
let opened: BuildOutput | undefined

/**
 * What builds print, one after the other: a fifo, whose name is gone as soon as it is open. A file would be
 * emptied by `>/dev/stderr` in a script, which opens it anew; and what node makes for a child is a socket, which
 * cannot be opened like that. It is made in the folder for temporary files, for under FUSE and NFS, where a tree may lie,
 * nothing without a name can be asked after or opened anew.
 */
export class BuildOutput {
  /** Open for writing and reading: so there is never an end, and no writer waits for a reader. */
  readonly #fd: number
  #log: Log | undefined

  /** Made where it is first needed; in `work` where there is no folder for temporary files. */
  static open(work: string): BuildOutput {
    opened ??= new BuildOutput(work)
    return opened
  }

  private constructor(work: string) {
    const folder = placeFor(work)
    try {
      const fifo = join(folder, 'output')
      execFileSync(findProgram('mkfifo') ?? '/bin/mkfifo', ['-m', '600', fifo])
      this.#fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
    } finally {
      removeTree(folder)
    }
    const onread = {
      buffer: Buffer.alloc(READ_BYTES),
      callback: (count: number) => {
        this.#log?.write(onread.buffer.subarray(0, count))
        return true
      },
    }
    const options: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
      fd: this.#fd,
      readable: true,
      onread,
    }
    // Who builds has other things to wait for, and who does not may end.
    new Socket({ ...options, writable: false }).unref()
  }

  /** Where a build is to write: to be opened by it or for it, so that its writes wait while the fifo is full. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#fd}`
  }

  /** From now on it goes into this file, and to stderr too for those who read along. */
  begin(file: string, isShown: boolean): void {
    this.#log = new Log(file, isShown)
  }

  /** Reads the rest. Nobody writes any more. */
  end(): void {
    const rest = Buffer.alloc(READ_BYTES)
    for (let count = this.#read(rest); count > 0; count = this.#read(rest))
      this.#log?.write(rest.subarray(0, count))
    this.#log?.close()
    this.#log = undefined
  }

  /** None where there are none now. */
  #read(into: Buffer): number {
    try {
      return readSync(this.#fd, into)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
      throw error
    }
  }
}

/** A folder of its own, to be removed. */
function placeFor(work: string): string {
  try {
    return makeScratch('coolports-output')
  } catch (error) {
    if (!isSystemError(error)) throw error
    return makeScratch('output', work)
  }
}

class Log {
  readonly #fd: number
  readonly #isShown: boolean

  constructor(file: string, isShown: boolean) {
    this.#fd = openSync(file, 'w', 0o644)
    this.#isShown = isShown
  }

  write(bytes: Uint8Array): void {
    // Of the buffer only this much is said, and it is used again.
    if (this.#isShown) process.stderr.write(Uint8Array.from(bytes))
    try {
      writeFileSync(this.#fd, bytes)
    } catch {
      // On a full disk the build fails by itself, or did not need the room.
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** As much as a fifo holds. */
const READ_BYTES = 1 << 16
