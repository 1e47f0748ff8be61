import { SLOWEST } from './limits.ts'

/**
 * Stops a transfer that no longer moves. A trickle of single bytes does not count as moving, or one
 * server could hold a build for ever.
 */
export class Watch {
  readonly #controller = new AbortController()
  readonly #ms: number
  readonly #leastBytes: number
  #timer: NodeJS.Timeout
  #since = 0
  #stalled = false

  constructor(ms: number, leastBytes = SLOWEST) {
    this.#ms = ms
    this.#leastBytes = leastBytes
    this.#timer = this.#start()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get stalled(): boolean {
    return this.#stalled
  }

  moved(bytes: number): void {
    this.#since += bytes
    if (this.#since < this.#leastBytes) return
    this.#since = 0
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
    }, this.#ms)
  }
}
