import { byCodeUnit } from '../../core/order.ts'

/**
 * Orders versions as upstreams number them: by their numbers and words in turn, whatever stands between. A word such as
 * rc makes a version earlier than the same without it, any other later (1.1.1 < 1.1.1w < 1.1.2). Negative where `a` is earlier.
 */
export function compareVersions(a: string, b: string): number {
  const [ours, theirs] = [partsOf(a), partsOf(b)]
  for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
    const order = compareParts(ours[at] ?? END, theirs[at] ?? END)
    if (order !== 0) return order
  }
  return 0
}

/** What comes earlier at one place: a word like rc, the end, another word, a number. */
interface Part {
  readonly rank: 0 | 1 | 2 | 3
  readonly number: bigint
  readonly word: string
}

const END: Part = { rank: 1, number: 0n, word: '' }

const BEFORE = /^(?:alpha|beta|pre|preview|rc|dev)$/

const partsOf = (version: string): readonly Part[] =>
  (version.toLowerCase().match(/[0-9]+|[a-z]+/g) ?? []).map(text =>
    /^[0-9]/.test(text)
      ? { rank: 3, number: BigInt(text), word: '' }
      : { rank: BEFORE.test(text) ? 0 : 2, number: 0n, word: text },
  )

function compareParts(a: Part, b: Part): number {
  if (a.rank !== b.rank) return a.rank - b.rank
  if (a.number !== b.number) return a.number < b.number ? -1 : 1
  return byCodeUnit(a.word, b.word)
}
