import { SLOWEST } from './limits.ts'

/**
 * Stops a transfer that no longer moves. A trickle of single bytes does not count as moving, or one
 * server could hold a build for ever.
 */
export class Watch {
  readonly #controller = new AbortController()
  readonly #ms: number
  readonly #leastBytes: number
  /** How long it is waited for now. */
  #patienceMs: number
  #timer: NodeJS.Timeout
  #since = 0
  #stalled = false

  /** `firstMs` is for the first byte. */
  constructor(ms: number, leastBytes = SLOWEST, firstMs = ms) {
    this.#ms = ms
    this.#leastBytes = leastBytes
    this.#patienceMs = firstMs
    this.#timer = this.#start()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get stalled(): boolean {
    return this.#stalled
  }

  /** How long was waited in vain. */
  get seconds(): number {
    return this.#patienceMs / 1000
  }

  /** Whether that was less than it may take between two bytes. */
  get hasty(): boolean {
    return this.#patienceMs < this.#ms
  }

  moved(bytes: number): void {
    this.#since += bytes
    if (this.#since < this.#leastBytes && !this.hasty) return
    this.#since = 0
    this.#patienceMs = this.#ms
    clearTimeout(this.#timer)
    this.#timer = this.#start()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#stalled = true
      this.#controller.abort()
    }, this.#patienceMs)
  }
}
