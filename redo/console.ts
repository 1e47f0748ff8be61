import { closeSync, fstatSync, futimesSync, openSync, readSync, writeSync } from 'node:fs'
import { legible } from '../core/legible.ts'
import type { OpenLog } from './logs.ts'

/** What one build says, in the file of its log, and where in it the builds that it asked for belong. */
export class Transcript {
  readonly title: string
  readonly file: number
  readonly inner: { readonly at: number; readonly transcript: Transcript }[] = []
  printed = 0
  nextInner = 0
  #end: number | undefined
  #open = true

  /** Where the places of the inner ones are kept, for those who read the log later; opened for the first. */
  readonly #innerPath: string
  #inner: number | undefined

  constructor(title: string, log: OpenLog) {
    this.title = title
    this.file = log.file
    this.#innerPath = log.innerPath
  }

  /** Another build begins, asked for by this one. */
  enclose(transcript: Transcript): void {
    const at = this.size()
    this.inner.push({ at, transcript })
    this.#inner ??= openSync(this.#innerPath, 'a')
    writeSync(this.#inner, `${at} ${JSON.stringify(transcript.title)}\n`)
  }

  /**
   * Dates the log at the end of its build, after all that this has made: who looks at the two later knows by it what
   * was written since. Answers that time, in milliseconds since 1970.
   */
  date(): number {
    // A clock of milliseconds may be behind that of the file system.
    const now = (Date.now() + 1) / 1000
    futimesSync(this.file, now, now)
    return fstatSync(this.file).mtimeMs
  }

  /** How much there is now. */
  size(): number {
    return this.#end ?? fstatSync(this.file).size
  }

  /** Nothing will be added any more. An empty log needs no descriptor until its turn comes. */
  end(): void {
    this.#end = this.size()
    if (this.#inner !== undefined) closeSync(this.#inner)
    if (this.#end === 0) this.close()
  }

  get ended(): boolean {
    return this.#end !== undefined
  }

  read(into: Buffer, from: number): number {
    return readSync(this.file, into, 0, into.length, from)
  }

  close(): void {
    if (this.#open) closeSync(this.file)
    this.#open = false
  }

  /** Adds a line of our own to the log, on a line of its own. */
  line(text: string): void {
    const last = Buffer.alloc(1)
    const size = this.size()
    const isWithin = size > 0 && this.read(last, size - 1) === 1 && last[0] !== newline
    writeSync(this.file, `${isWithin ? '\n' : ''}${text}\n`)
  }
}

const newline = 10

/** The line above what a target says after targets that it asked for, lest it be taken for theirs. */
export function resumed(title: string, bytes: Uint8Array): string | undefined {
  // A line of our own names its target.
  return Buffer.from(bytes.subarray(0, 6)).toString() === 'redo: ' ? undefined : `${legible(title)} (resumed)`
}

/** What is not printed yet has an open file, and a process may have no more than a thousand or so. */
const mostUnprinted = 100

/**
 * Prints the transcripts as one text in an order that does not depend on how jobs overlap: each build
 * stands, as a whole, at the place where it was asked for. What a build writes while it is in front is
 * seen within a tenth of a second.
 */
export class Console {
  readonly #out: (bytes: Uint8Array) => void
  readonly #open: Transcript[] = []
  readonly #roots: Transcript[] = []
  #text: string[] = []
  /** What was printed last does not end a line. */
  #isWithinLine = false
  /** Whose heading or words stand last. */
  #speaker: Transcript | undefined
  #timer: NodeJS.Timeout | undefined
  /** How many builds have begun or ended since the last print. */
  #unprinted = 0
  #isClosed = false

  constructor(out: (bytes: Uint8Array) => void) {
    this.#out = out
  }

  /** A build begins: for nobody's sake but the caller's, or at a place in another one. */
  begin(transcript: Transcript, within: Transcript | undefined): void {
    if (within === undefined) this.#roots.push(transcript)
    else within.enclose(transcript)
    this.#later()
  }

  end(transcript: Transcript): void {
    transcript.end()
    this.#later()
  }

  /** A line that belongs to no build. */
  line(text: string): void {
    this.print()
    this.#text.push(`${text}\n`)
    if (this.#open.length === 0) this.#flush()
  }

  /** Who is left by a script that has ended may still build; that is in its log alone then. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    this.#timer = undefined
    this.print()
    this.#flush()
  }

  /** A write for each of thousands of short builds would cost as much as all the rest of our work on them. */
  #later(): void {
    if (this.#isClosed) return
    this.#timer ??= setInterval(() => this.print(), 100)
    this.#unprinted += 1
    if (this.#unprinted === mostUnprinted) this.print()
  }

  print(): void {
    this.#unprinted = 0
    for (;;) {
      const front = this.#open.at(-1) ?? this.#nextRoot()
      if (front === undefined) break
      const mark = front.inner[front.nextInner]
      this.#copy(front, mark?.at)
      if (mark !== undefined) {
        front.nextInner += 1
        this.#enter(mark.transcript)
      } else if (front.ended) {
        this.#open.pop()
        front.close()
      } else break
    }
    this.#flush()
  }

  #nextRoot(): Transcript | undefined {
    const root = this.#roots.shift()
    if (root !== undefined) this.#enter(root)
    return root
  }

  #enter(transcript: Transcript): void {
    this.#heading(legible(transcript.title), this.#open.length)
    this.#open.push(transcript)
    this.#speaker = transcript
  }

  #heading(text: string, depth: number): void {
    this.#text.push(`redo  ${'  '.repeat(depth)}${text}\n`)
  }

  #copy(from: Transcript, to = from.size()): void {
    if (to <= from.printed) return
    this.#flush()
    const buffer = Buffer.alloc(Math.min(to - from.printed, 1 << 16))
    while (from.printed < to) {
      const bytes = buffer.subarray(0, to - from.printed)
      const count = from.read(bytes, from.printed)
      if (count === 0) break
      const again = this.#speaker === from ? undefined : resumed(from.title, bytes)
      if (again !== undefined) {
        this.#heading(again, this.#open.length - 1)
        this.#flush()
      }
      this.#speaker = from
      this.#out(bytes.subarray(0, count))
      this.#isWithinLine = bytes[count - 1] !== newline
      from.printed += count
    }
  }

  #flush(): void {
    if (this.#text.length === 0) return
    const text = (this.#isWithinLine ? '\n' : '') + this.#text.join('')
    this.#isWithinLine = false
    this.#text = []
    this.#out(Buffer.from(text))
  }
}
