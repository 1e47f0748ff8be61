import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { firstToAnswer, type Rival } from '../../core/first-to-answer.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('firstToAnswer()', () => {
  it('asks one, and the next one when that has nothing', async () => {
    const [a, b, c] = rivals('nothing after 10', 'answers after 10', 'answers after 0')
    expect(await outcome([a, b, c])).toEqual({ winner: b, answer: 'b' })
    expect([a, b, c].map(({ askedAt }) => askedAt)).toEqual([0, 10, undefined])
    expect([a, b].map(({ dawdled }) => dawdled)).toEqual([0, 0])
  })

  it('asks the next one as well when one says nothing for long, who may win yet', async () => {
    const [a, b, c] = rivals('answers after 250', 'silent', 'silent')
    expect(await outcome([a, b, c])).toEqual({ winner: a, answer: 'a' })
    expect([a, b, c].map(({ askedAt }) => askedAt)).toEqual([0, 100, 150])
    expect([a, b, c].map(({ aborted }) => aborted)).toEqual([false, true, true])
    expect([a, b, c].map(({ dawdled }) => dawdled)).toEqual([1, 1, 0])
  })

  it('gives each one less time, the more of them keep it waiting', async () => {
    const [a, b, c] = rivals('silent', 'silent', 'answers after 50')
    expect(await outcome([a, b, c])).toEqual({ winner: c, answer: 'c' })
    expect([a, b, c].map(({ askedAt }) => askedAt)).toEqual([0, 100, 150])
    expect(b.keptMs).toBe(50)
  })

  it('asks the next one at once when one makes a pause, who may win yet', async () => {
    const [a, b, c] = rivals('pauses, answers after 80', 'pauses, silent', 'answers after 90')
    expect(await outcome([a, b, c])).toEqual({ winner: a, answer: 'a' })
    expect([a, b, c].map(({ askedAt }) => askedAt)).toEqual([0, 0, 0])
    expect([a, b, c].map(({ dawdled }) => dawdled)).toEqual([1, 1, 0])
  })

  it('lets a pause of the last one, or of one that was asked before, ask nobody', async () => {
    const [a, b] = rivals('answers after 150', 'pauses, silent')
    expect(await outcome([a, b])).toEqual({ winner: a, answer: 'a' })
    expect(b.dawdled).toBe(0)
  })

  it('lets a later pause of one that was asked before, or after all is over, ask nobody', async () => {
    const [a, b, c] = rivals('pauses at 140, silent', 'answers after 45', 'silent')
    expect(await outcome([a, b, c])).toEqual({ winner: b, answer: 'b' })
    expect(c.askedAt).toBeUndefined()
    const [d, e, f] = rivals('answers after 150', 'pauses at 300, silent', 'silent')
    expect(await outcome([d, e, f])).toEqual({ winner: d, answer: 'a' })
    expect(f.askedAt).toBeUndefined()
  })

  it('waits for each that comes after a pause', async () => {
    const [a, b, c, d] = rivals('pauses, silent', 'nothing after 50', 'silent', 'silent')
    void firstToAnswer([a, b, c, d], 100)
    await vi.advanceTimersByTimeAsync(1000)
    expect([a, b, c, d].map(({ askedAt }) => askedAt)).toEqual([0, 0, 50, 100])
  })

  it('lets who was just asked think, though one that was asked before has nothing', async () => {
    const [a, b, c] = rivals('nothing after 110', 'answers after 40', 'silent')
    expect(await outcome([a, b, c])).toEqual({ winner: b, answer: 'b' })
    expect(c.askedAt).toBeUndefined()
  })

  it('waits for those that are left, without end, when there is no next one', async () => {
    const [a, b] = rivals('answers after 5000', 'nothing after 1')
    expect(await outcome([a, b])).toEqual({ winner: a, answer: 'a' })
    expect(b.dawdled).toBe(0)
  })

  it('declines what comes too late', async () => {
    const [a, b] = rivals('answers after 200, whatever it is told', 'answers after 50')
    expect(await outcome([a, b])).toEqual({ winner: b, answer: 'b' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(a.declined).toEqual(['a'])
  })

  it('answers nothing when nobody has anything, or is there', async () => {
    expect(await outcome(rivals('nothing after 1', 'nothing after 500'))).toBeUndefined()
    expect(await outcome(rivals('nothing after 250', 'nothing after 50'))).toBeUndefined()
    expect(await outcome([])).toBeUndefined()
  })

  it('fails with whoever breaks, and leaves the others', async () => {
    const [a, b] = rivals('silent', 'breaks after 10')
    await expect(outcome([a, b])).rejects.toThrow('b broke')
    expect(a.aborted).toBe(true)
  })
})

const outcome = async (all: readonly Scripted[]) => {
  const won = firstToAnswer(all, 100)
  won.catch(() => {})
  await vi.advanceTimersByTimeAsync(10_000)
  return won
}

const rivals = <const Scripts extends readonly string[]>(...scripts: Scripts) =>
  scripts.map((script, at) => new Scripted('abcd'[at] ?? '', script)) as { [_ in keyof Scripts]: Scripted }

/** Does what its script says. */
class Scripted implements Rival<string> {
  readonly #name: string
  readonly #script: string
  readonly #start = Date.now()
  readonly declined: string[] = []
  askedAt: number | undefined
  dawdled = 0
  keptMs: number | undefined
  aborted = false

  constructor(name: string, script: string) {
    this.#name = name
    this.#script = script
  }

  ask(signal: AbortSignal, pauses: () => void): Promise<string | undefined> {
    this.askedAt = Date.now() - this.#start
    const [, at, script = ''] = /^(?:pauses(?: at (\d+))?, )?(.*)$/.exec(this.#script) ?? []
    if (at !== undefined) setTimeout(pauses, Number(at))
    else if (script !== this.#script) pauses()
    const [what, ms] = script.split(/ after |,/)
    return new Promise((resolve, reject) => {
      signal.onabort = () => {
        this.aborted = true
        if (!this.#script.endsWith('told')) resolve(undefined)
      }
      if (ms === undefined) return
      setTimeout(() => {
        if (what === 'breaks') reject(new Error(`${this.#name} broke`))
        else resolve(what === 'answers' ? this.#name : undefined)
      }, Number(ms))
    })
  }

  dawdles(ms: number): void {
    this.dawdled += 1
    this.keptMs = ms
  }

  decline(answer: string): void {
    this.declined.push(answer)
  }
}
