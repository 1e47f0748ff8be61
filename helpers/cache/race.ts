import type { Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import type { Failure } from './failure.ts'
import type { Place } from './place.ts'
import { judge, type Statement } from './quorum.ts'
import { askPlace } from './statements.ts'
import type { TrustedKey } from './trust.ts'

export interface Question {
  readonly hash: Sha256
  readonly keys: readonly TrustedKey[]
  readonly quorum: number
  /** What others have said already. That alone decides nothing here. */
  readonly before: readonly Statement[]
  /** A day as records have it. */
  readonly today: string
  /** How long all places together are waited for. */
  readonly patienceMs: number
}

/** What one place has to say; with `failure`, it is not to be asked again. */
export interface Word {
  readonly place: Place
  readonly statements: readonly Statement[]
  readonly expired: readonly Statement[]
  /** See `Answer`. */
  readonly status?: number
  /** How long it took to say so. */
  readonly ms: number
  readonly failure?: Failure
}

/**
 * Asks all places at once, until what they say decides the matter or patience ends. Answers with the
 * words of those that were heard, in the order of their coming; who was still thinking when others had
 * decided it is not among them, and who kept us waiting to the end is called slow. Once the signal is aborted, the
 * answer says nothing.
 */
export async function race(
  places: readonly Place[],
  question: Question,
  signal: AbortSignal,
): Promise<readonly Word[]> {
  const { hash, keys, quorum, before, today, patienceMs } = question
  const words: Word[] = []
  const open = new Map(places.map(place => [place, new AbortController()]))
  const decided = (): boolean => {
    const said = words.flatMap(({ statements }) => statements)
    return said.length > 0 && judge([...before, ...said], quorum).kind !== 'too few'
  }
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, patienceMs)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener('abort', end, { once: true })
    if (places.length === 0 || signal.aborted) end()
    for (const [place, controller] of open) {
      void heard(place, askPlace(place, hash, keys, today, controller.signal)).then(word => {
        if (!open.delete(place)) return // too late
        words.push(word)
        if (open.size === 0 || decided()) end()
      })
    }
  })
  const late = [...open]
  open.clear()
  for (const [, controller] of late) controller.abort()
  if (decided()) return words
  const failure: Failure = { kind: 'slow', seconds: patienceMs / 1000 }
  const nothing = { statements: [], expired: [], ms: patienceMs, failure }
  return [...words, ...late.map(([place]) => ({ place, ...nothing }))]
}

/** A transport that breaks is a place that fails, and no end of a build. */
async function heard(place: Place, asking: ReturnType<typeof askPlace>): Promise<Word> {
  const started = performance.now()
  const nothing = { place, statements: [], expired: [] }
  try {
    const answer = await asking
    const ms = performance.now() - started
    return answer.ok ? { place, ...answer.value, ms } : { ...nothing, ms, failure: answer.error }
  } catch (error) {
    const why = quoted(error instanceof Error ? error.message : String(error))
    return { ...nothing, ms: performance.now() - started, failure: { kind: 'refused', why } }
  }
}
