import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { argumentsIn, type Message, MessageReader } from './message.ts'
import { exists } from './stamp.ts'

/**
 * Where the clients of a run reach its coordinator: a folder with the fifo `ask`, on which all of them
 * write, and numbered fifos, the slots, on which they read their answers. A client takes a slot by
 * making the file `N.busy` beside it, which only one can do.
 *
 * The coordinator holds every fifo open for reading and writing: then no client blocks while opening
 * one, and the death of the coordinator is an end of file for each that waits.
 */
export class Mailbox {
  readonly folder: string
  readonly #slots: number[] = []
  readonly #busy = new Set<number>()
  readonly #socket: Socket

  /** Makes the fifos, and as many others as are named, with one mkfifo(1). */
  constructor(folder: string, others: readonly string[], receive: (message: Message) => void) {
    this.folder = folder
    const slots = Array.from({ length: firstSlots }, (_, at) => String(at))
    this.mkfifo(['ask', ...others, ...slots])
    this.#openSlots(slots)
    const reader = new MessageReader()
    const fd = openSync(join(folder, 'ask'), constants.O_RDWR | constants.O_NONBLOCK)
    this.#socket = new Socket({ fd, readable: true, writable: false })
    this.#socket.on('data', (bytes: Buffer) => {
      for (const message of reader.read(bytes)) this.#receive(message, receive)
    })
  }

  /** Ends the wait of a client with its exit status and, if there is something to say, one line. */
  answer(slot: number, status: number, text = ''): void {
    const fd = this.#slots[slot]
    if (fd !== undefined) writeSync(fd, `${status} ${text}\n`)
  }

  /** A slot that is probably free, for the clients of a new job to try first. */
  hint(job: number): number {
    const count = this.#slots.length
    for (let at = job % count, tried = 0; tried < count; at = (at + 1) % count, tried += 1) {
      if (!this.#busy.has(at)) return at
    }
    return 0
  }

  mkfifo(names: readonly string[]): void {
    execFileSync('mkfifo', names, { cwd: this.folder, stdio: ['ignore', 'ignore', 'inherit'] })
  }

  close(): void {
    this.#socket.destroy()
    for (const fd of this.#slots) closeSync(fd)
  }

  #receive(message: Message, receive: (message: Message) => void): void {
    const { verb, slot } = message
    if (verb === 'bye') {
      this.#busy.delete(slot)
      unlinkSync(join(this.folder, `${slot}.busy`))
      return
    }
    if (verb === 'ended') {
      receive(message)
      return
    }
    this.#busy.add(slot)
    this.#clear(slot)
    if (this.#busy.size * 2 > this.#slots.length) this.#grow()
    receive(verb.startsWith('@') ? this.#fromFile(message) : message)
  }

  /** Takes away what an earlier client was given to print. */
  #clear(slot: number): void {
    for (const left of ['out', 'reply']) {
      const path = join(this.folder, `${slot}.${left}`)
      if (exists(path)) rmSync(path)
    }
  }

  #fromFile(message: Message): Message {
    const file = join(this.folder, `${message.slot}.args`)
    const [cwd = '/', ...args] = argumentsIn(readFileSync(file))
    rmSync(file, { force: true })
    return { ...message, verb: message.verb.slice(1), cwd, args }
  }

  #grow(): void {
    const count = this.#slots.length
    const more = Array.from({ length: count }, (_, at) => String(count + at))
    this.mkfifo(more)
    this.#openSlots(more)
  }

  #openSlots(names: readonly string[]): void {
    for (const name of names)
      this.#slots.push(openSync(join(this.folder, name), constants.O_RDWR | constants.O_NONBLOCK))
  }
}

const firstSlots = 16
