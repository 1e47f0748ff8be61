export interface Size {
  readonly columns: number
  readonly rows: number
}

/**
 * A terminal with a few lines at its bottom that are drawn over and over, while text goes above them.
 *
 * Between two writes the cursor stands where these lines begin: so to clear from there is right
 * whatever became of them when the window changed its width, and no line of the text above can be lost.
 * They are drawn without wrapping, so that one that is too wide costs its end and no second row.
 */
export class Terminal {
  readonly #out: (bytes: Uint8Array) => void
  #drawn = ''
  /** A line above that has no end yet; it waits for it, unless it is too long. */
  #begun: Uint8Array = new Uint8Array()
  /** The cursor stands within such a line: there is no place for the lines below until it ends. */
  #isWithinLine = false

  constructor(out: (bytes: Uint8Array) => void) {
    this.#out = out
  }

  /** Text above the lines. What was drawn and what is written reach the terminal in one piece. */
  write(bytes: Uint8Array): void {
    // A copy: whoever gave us the bytes uses their place again.
    const text = Buffer.concat([this.#begun, bytes])
    const last = text.lastIndexOf(newline) + 1
    const isTooLong = text.length - last > longestHeld
    const end = isTooLong || (this.#isWithinLine && last === 0) ? text.length : last
    this.#begun = text.subarray(end)
    if (end === 0) return
    const isWithinLine = end > last
    if (isWithinLine) this.show([])
    this.#isWithinLine = isWithinLine
    const whole = text.subarray(0, end)
    this.#out(
      this.#drawn === '' ? whole : Buffer.concat([Buffer.from(clear), whole, Buffer.from(this.#drawn)]),
    )
  }

  /** Draws these lines in place of the last ones, where there is a place for them. They must fit the window. */
  show(lines: readonly string[]): void {
    if (this.#isWithinLine) return
    const drawn = lines.length === 0 ? '' : drawing(lines)
    if (drawn === this.#drawn) return
    this.#out(Buffer.from((this.#drawn === '' ? '' : clear) + drawn))
    this.#drawn = drawn
  }

  /** Folds the lines away and writes what is left. */
  close(): void {
    this.show([])
    if (this.#begun.length > 0) this.#out(this.#begun)
    this.#begun = new Uint8Array()
  }
}

const newline = 10

/** So many bytes of a line wait for its end: to hold all of one that has none would take all memory. */
const longestHeld = 1 << 16

const clear = '\r\u001b[J'

/** Plain colours, no wrapping while the lines are drawn, and back to where they begin. */
function drawing(lines: readonly string[]): string {
  const up = lines.length > 1 ? `\u001b[${lines.length - 1}A` : ''
  return `\u001b[0m\u001b[?7l${lines.join('\r\n')}\u001b[?7h${up}\r`
}
