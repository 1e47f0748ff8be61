/** Measures a time that has breaks, in milliseconds. It runs from the start. */
export class Stopwatch {
  #before = 0
  #since: number | undefined = Date.now()

  get elapsed(): number {
    return this.#before + (this.#since === undefined ? 0 : Date.now() - this.#since)
  }

  pause(): void {
    this.#before = this.elapsed
    this.#since = undefined
  }

  resume(): void {
    this.#since ??= Date.now()
  }
}
