/**
 * The screen of a terminal, as far as our programs use one: text, wide characters, carriage return,
 * newline, cursor up, clearing to the end, wrapping on and off. Other sequences are kept in `unknown`.
 */
export class Screen {
  readonly unknown: string[] = []
  /** Rows that left the screen at its top, and those that are on it. */
  readonly #rows: string[][] = [[]]
  readonly #columns: number
  readonly #height: number
  #row = 0
  #column = 0
  #wraps = true

  constructor(columns: number, height: number) {
    this.#columns = columns
    this.#height = height
  }

  /** Everything that is to be seen, what was scrolled away included. */
  get text(): string {
    return this.#rows.map(row => row.join('').trimEnd()).join('\n')
  }

  write(text: string): void {
    for (const [part] of text.matchAll(/\x1b\[([?\d;]*)([A-Za-z])|\x1b.|[\s\S]/gu)) this.#take(part)
  }

  #take(part: string): void {
    const [, numbers = '', verb] = /^\x1b\[([?\d;]*)([A-Za-z])$/.exec(part) ?? []
    if (part === '\r') this.#column = 0
    else if (part === '\n') this.#down()
    else if (verb === 'A') this.#row = Math.max(this.#top, this.#row - Number(numbers || 1))
    else if (verb === 'J' && numbers === '') this.#clear()
    else if (numbers === '?7') this.#wraps = verb === 'h'
    else if (verb === 'm') return
    else if (verb !== undefined || /\p{Cc}/u.test(part)) this.unknown.push(part)
    else this.#put(part)
  }

  get #top(): number {
    return Math.max(0, this.#rows.length - this.#height)
  }

  #down(): void {
    this.#row += 1
    if (this.#row === this.#rows.length) this.#rows.push([])
  }

  #clear(): void {
    this.#rows.length = this.#row + 1
    const row = this.#rows[this.#row]
    if (row !== undefined) row.length = Math.min(row.length, this.#column)
  }

  #put(sign: string): void {
    const width = /\p{Script=Han}|\p{Emoji_Presentation}/u.test(sign) ? 2 : 1
    if (this.#column + width > this.#columns) {
      if (this.#wraps) {
        this.#column = 0
        this.#down()
      } else this.#column = this.#columns - width
    }
    const row = this.#rows[this.#row] ?? []
    while (row.length < this.#column) row.push(' ')
    row[this.#column] = sign
    if (width === 2) row[this.#column + 1] = ''
    this.#column += width
  }
}
