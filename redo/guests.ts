import { hasEnded } from '../core/process.ts'

interface Guest {
  readonly pid: number
  readonly died: () => void
  readonly leave: () => void
  readonly left: Promise<void>
}

/**
 * The other runs that this one builds for, each from its question to its goodbye: until then it reads in our
 * folder. Those whose process has ended say none, and are looked for.
 */
export class Guests {
  /** By the slot on which they asked. */
  readonly #here = new Map<number, Guest>()
  #watch: NodeJS.Timeout | undefined

  get areHere(): boolean {
    return this.#here.size > 0
  }

  /** `died` is called when the process ends without a goodbye. */
  welcome(slot: number, pid: number, died: () => void): void {
    // Whoever had the slot before has left it.
    this.#here.get(slot)?.leave()
    let leave = () => {}
    const left = new Promise<void>(resolve => {
      leave = resolve
    })
    this.#here.set(slot, { pid, died, leave, left })
    this.#watch ??= setInterval(() => this.#look(), watchMs)
  }

  goodbye(slot: number): void {
    const guest = this.#here.get(slot)
    if (guest === undefined) return
    this.#here.delete(slot)
    if (!this.areHere) {
      clearInterval(this.#watch)
      this.#watch = undefined
    }
    guest.leave()
  }

  /** Waits for none of them any more. */
  dismiss(): void {
    for (const slot of [...this.#here.keys()]) this.goodbye(slot)
  }

  /** Waits until all have left. */
  async idle(): Promise<void> {
    while (this.areHere) await Promise.all([...this.#here.values()].map(guest => guest.left))
  }

  #look(): void {
    for (const [slot, { pid, died }] of [...this.#here]) {
      if (!hasEnded(pid)) continue
      this.goodbye(slot)
      died()
    }
  }
}

const watchMs = 200
