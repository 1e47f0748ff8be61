import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net'
import { join } from 'node:path'
import { argumentsIn, type Message, MessageReader } from './message.ts'
import { isEnding } from './signals.ts'
import { exists } from './stamp.ts'
import { NoFifo } from './trouble.ts'

/**
 * Where the clients of a run reach its coordinator: a folder with the fifo `ask`, on which all of them
 * write, and numbered fifos, the slots, on which they read their answers. Whoever makes the file
 * `N.busy`, which only one can do, has the slot N: a client for one question, a shell that stays for
 * its life, see executor.ts.
 *
 * The coordinator holds every fifo open for reading and writing: then no client blocks while opening
 * one, and the death of the coordinator is an end of file for each that waits.
 */
export class Mailbox {
  readonly #folder: string
  readonly #slots: number[] = []
  readonly #busy = new Set<number>()
  /** The slots of shells that stay, each with the job whose question is open there. */
  readonly #lines = new Map<number, number | undefined>()
  /** Those of them that no shell reads any more. */
  readonly #closedLines: number[] = []
  readonly #socket: Socket

  /** Makes the fifos, and as many others as are named, with one mkfifo(1). */
  constructor(folder: string, others: readonly string[], receive: (message: Message) => void) {
    this.#folder = folder
    const slots = Array.from({ length: firstSlots }, (_, at) => String(at))
    this.mkfifo(['ask', ...others, ...slots])
    this.#openSlots(slots)
    const reader = new MessageReader()
    const fd = openSync(join(folder, 'ask'), constants.O_RDWR | constants.O_NONBLOCK)
    const onread = {
      // One for all reads: a stream would make one for each, and keep the garbage collector busy.
      buffer: Buffer.alloc(readBytes),
      callback: (count: number) => {
        for (const message of reader.read(onread.buffer.subarray(0, count))) this.#receive(message, receive)
        return true
      },
    }
    const options: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = { fd, readable: true, onread }
    this.#socket = new Socket({ ...options, writable: false })
  }

  /**
   * Ends the wait of a client with its exit status and, if there is something to say, one line. An answer
   * for which no script waits is read by the shell itself: to it, it is a command that does nothing.
   */
  answer({ slot, job }: Message, status: number, text = ''): void {
    if (this.#lines.has(slot)) {
      // The script may have been killed while it waited, and the shell may run another one by now.
      if (this.#lines.get(slot) !== job) return
      this.#lines.set(slot, undefined)
    }
    this.write(slot, text === '' ? `: ${status}\n` : `: ${status} # ${text}\n`)
  }

  write(slot: number, text: string): void {
    const fd = this.#slots[slot]
    if (fd !== undefined) writeSync(fd, text)
  }

  /** A slot that is probably free, for the clients of a new job to try first. */
  hint(job: number): number {
    const count = this.#slots.length
    for (let at = job % count, tried = 0; tried < count; at = (at + 1) % count, tried += 1) {
      if (!this.#busy.has(at)) return at
    }
    return 0
  }

  /** A slot for a shell that stays: what is written to it can be read from the descriptor. */
  openLine(): { readonly slot: number; readonly read: number } {
    const again = this.#closedLines.pop()
    if (again !== undefined) {
      this.#drain(again)
      return { slot: again, read: this.#openToRead(again) }
    }
    for (let slot = 0; ; slot += 1) {
      if (slot === this.#slots.length) this.#grow()
      if (this.#busy.has(slot) || !this.#take(slot)) continue
      this.#busy.add(slot)
      this.#lines.set(slot, undefined)
      this.#growInTime()
      return { slot, read: this.#openToRead(slot) }
    }
  }

  /** The script has ended: an answer that is late is not for the next one. */
  hangUp(slot: number): void {
    this.#lines.set(slot, undefined)
  }

  /** The shell has ended. Its slot is for another shell, as a late answer to its last script is for no client. */
  closeLine(slot: number): void {
    this.hangUp(slot)
    this.#closedLines.push(slot)
  }

  #openToRead(slot: number): number {
    return openSync(join(this.#folder, String(slot)), constants.O_RDONLY)
  }

  /** Takes out what was not read. */
  #drain(slot: number): void {
    const fd = this.#slots[slot]
    if (fd === undefined) return
    try {
      readSync(fd, Buffer.alloc(readBytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }

  mkfifo(names: readonly string[]): void {
    const { status, signal, stderr, error } = spawnSync('mkfifo', names, {
      cwd: this.#folder,
      env: { ...process.env, LC_ALL: 'C' },
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    if (error) throw error
    if (isEnding(signal)) {
      // Ctrl-C is for the whole group, and so may the others be; what we do about ours is done as soon as this returns.
      for (const name of names) rmSync(join(this.#folder, name), { force: true })
      this.mkfifo(names)
    } else if (status !== 0) throw new NoFifo(stderr.split('\n')[0])
  }

  close(): void {
    this.#socket.destroy()
    // An answer that comes late has no place to go.
    for (const fd of this.#slots.splice(0)) closeSync(fd)
  }

  #receive(message: Message, receive: (message: Message) => void): void {
    const { verb, slot, job } = message
    if (verb === 'bye') {
      this.#busy.delete(slot)
      // A script that removed .redo took it away with the rest.
      rmSync(join(this.#folder, `${slot}.busy`), { force: true })
      receive(message)
      return
    }
    if (verb === 'ended') {
      receive(message)
      return
    }
    if (this.#lines.has(slot)) this.#lines.set(slot, job)
    else {
      this.#busy.add(slot)
      this.#clear(slot)
      this.#growInTime()
    }
    receive(verb.startsWith('@') ? this.#fromFile(message) : message)
  }

  /** Takes away what an earlier client was given to print. */
  #clear(slot: number): void {
    for (const left of ['out', 'reply']) {
      const path = join(this.#folder, `${slot}.${left}`)
      if (exists(path)) rmSync(path)
    }
  }

  #fromFile(message: Message): Message {
    const file = join(this.#folder, `${message.slot}.args`)
    const [cwd = '/', ...args] = argumentsIn(readFileSync(file))
    rmSync(file, { force: true })
    return { ...message, verb: message.verb.slice(1), cwd, args }
  }

  #take(slot: number): boolean {
    try {
      writeFileSync(join(this.#folder, `${slot}.busy`), '', { flag: 'wx' })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  }

  /** Half of the slots are to be free, so that no client searches long. */
  #growInTime(): void {
    if (this.#busy.size * 2 > this.#slots.length) this.#grow()
  }

  /** A fifo gets its name when it is open here. A client that found it earlier would take us for gone. */
  #grow(): void {
    const count = this.#slots.length
    const more = Array.from({ length: count }, (_, at) => String(count + at))
    const unnamed = more.map(name => `${name}.new`)
    this.mkfifo(unnamed)
    this.#openSlots(unnamed)
    for (const name of more) renameSync(join(this.#folder, `${name}.new`), join(this.#folder, name))
  }

  #openSlots(names: readonly string[]): void {
    for (const name of names)
      this.#slots.push(openSync(join(this.#folder, name), constants.O_RDWR | constants.O_NONBLOCK))
  }
}

const firstSlots = 16

/** As much as a fifo holds. */
const readBytes = 1 << 16
