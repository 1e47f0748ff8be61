import { SLOWEST } from './limits.ts'

/**
 * Stops a transfer that no longer moves. A trickle of single bytes does not count as moving, or one
 * server could hold a build for ever.
 */
export class Watch {
  readonly #controller = new AbortController()
  #ms: number
  #leastBytes = SLOWEST
  #timer: NodeJS.Timeout | undefined
  /** When it is over, by performance.now(). */
  #until = 0
  /** Milliseconds, while it is held. */
  #left = 0
  #since = 0
  #stalled = false
  #hasEnded = false

  constructor(ms: number) {
    this.#ms = ms
    this.#timer = this.#start(ms)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get stalled(): boolean {
    return this.#stalled
  }

  /** How long it is waited for. */
  get seconds(): number {
    return this.#ms / 1000
  }

  /** From now on so many bytes are wanted in that time. */
  expect(leastBytes: number): void {
    this.#leastBytes = leastBytes
    this.#again()
  }

  /** From now on it is waited so long. */
  wait(ms: number): void {
    this.#ms = ms
    this.#again()
  }

  moved(bytes: number): void {
    this.#since += bytes
    if (this.#since >= this.#leastBytes) this.#again()
  }

  /** Until it goes on it is not counted: we are busy with what came, and nobody waits for more. */
  hold(): void {
    clearTimeout(this.#timer)
    this.#left = this.#until - performance.now()
  }

  goOn(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#start(this.#left)
  }

  /** For good: what still moves after an answer that came early has nobody wait for it. */
  end(): void {
    this.#hasEnded = true
    clearTimeout(this.#timer)
  }

  /** Stops it, as nobody wants it any more. */
  abort(): void {
    this.end()
    this.#controller.abort()
  }

  #again(): void {
    this.#since = 0
    clearTimeout(this.#timer)
    this.#timer = this.#start(this.#ms)
  }

  #start(ms: number): NodeJS.Timeout | undefined {
    if (this.#hasEnded) return undefined
    this.#until = performance.now() + ms
    return setTimeout(() => {
      this.#stalled = true
      this.#controller.abort()
    }, ms)
  }
}

/** The same bytes, each of which counts as moving. */
export async function* watchedBytes(
  chunks: AsyncIterable<Uint8Array>,
  watch: Watch,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    watch.moved(chunk.length)
    yield chunk
  }
}

/** The same for what is sent; when all is, an answer is waited for so long. */
export async function* sentBytes(
  chunks: AsyncIterable<Uint8Array>,
  watch: Watch,
  answerMs: number,
): AsyncGenerator<Uint8Array> {
  yield* watchedBytes(chunks, watch)
  watch.wait(answerMs)
}
