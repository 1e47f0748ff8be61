import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs'
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { join } from 'node:path'
import { findProgram } from './missing.ts'

/** The output of the builds of this process. */
let opened: BuildOutput | undefined

/**
 * What builds print, one after the other: a fifo, whose name is gone as soon as it is open. A file would be
 * emptied by `>/dev/stderr` in a script, which opens it anew; and what node makes for a child is a socket, which
 * cannot be opened like that.
 */
export class BuildOutput {
  /** Open for writing and reading: so there is never an end, and no writer waits for a reader. */
  readonly #fd: number
  readonly #socket: Socket
  #log: ((bytes: Uint8Array) => void) | undefined
  #last: { readonly mark: Buffer; left: Buffer; readonly done: () => void } | undefined

  /** Made where it is first needed, in this folder. */
  static open(folder: string): BuildOutput {
    opened ??= new BuildOutput(folder)
    return opened
  }

  private constructor(folder: string) {
    const fifo = join(folder, 'output')
    execFileSync(findProgram('mkfifo') ?? '/bin/mkfifo', ['-m', '600', fifo])
    this.#fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)
    rmSync(fifo)
    const onread = {
      buffer: Buffer.alloc(READ_BYTES),
      callback: (count: number) => {
        this.#hear(onread.buffer.subarray(0, count))
        return true
      },
    }
    const options: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
      fd: this.#fd,
      readable: true,
      onread,
    }
    this.#socket = new Socket({ ...options, writable: false })
    // Who builds has other things to wait for, and who does not may end.
    this.#socket.unref()
  }

  /** Where a build is to write: to be opened by it or for it, so that its writes wait while the fifo is full. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#fd}`
  }

  /** From now on it goes into this file, and to stderr too for those who read along. */
  begin(file: string, isShown: boolean): void {
    const fd = openSync(file, 'w', 0o644)
    this.#log = bytes => {
      if (isShown) process.stderr.write(Uint8Array.from(bytes))
      try {
        for (let from = 0; from < bytes.length; ) from += writeSync(fd, bytes, from)
      } catch {
        // On a full disk the build fails by itself, or did not need the room.
      }
    }
    this.#close = () => closeSync(fd)
  }

  /** Waits until all of it was read. Nobody writes any more. */
  async end(): Promise<void> {
    this.#socket.ref()
    const mark = Buffer.from(`${randomBytes(16).toString('hex')}\n`)
    await new Promise<void>(done => {
      this.#last = { mark, left: Buffer.alloc(0), done }
      this.#write(mark)
    })
    this.#last = undefined
    this.#socket.unref()
    this.#log = undefined
    this.#close()
  }

  #close = (): void => {}

  /** A mark is in the fifo whole or not at all. */
  #write(mark: Buffer): void {
    try {
      writeSync(this.#fd, mark)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      setImmediate(() => this.#write(mark)) // it is full, and is being read
    }
  }

  #hear(bytes: Uint8Array): void {
    if (this.#last === undefined) {
      this.#log?.(bytes)
      return
    }
    // The mark may come in two pieces.
    this.#last.left = Buffer.concat([this.#last.left, bytes])
    const { left, mark, done } = this.#last
    const at = left.indexOf(mark)
    if (at === -1) return
    this.#log?.(left.subarray(0, at))
    done()
  }
}

/** As much as a fifo holds. */
const READ_BYTES = 1 << 16
