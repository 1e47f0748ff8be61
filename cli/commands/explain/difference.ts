/** A line that only the older text has (`-`) or only the newer one (`+`). */
export interface Change {
  readonly sign: '-' | '+'
  readonly line: string
}

/** The fewest lines to take out of `before` and to put in to get `after`, in order. */
export function difference(before: readonly string[], after: readonly string[]): readonly Change[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++
  const old = before.slice(head, before.length - tail)
  const young = after.slice(head, after.length - tail)

  const common = commonLengths(old, young)
  const changes: Change[] = []
  let [a, b] = [0, 0]
  while (a < old.length || b < young.length) {
    if (a < old.length && b < young.length && old[a] === young[b]) {
      a++
      b++
    } else if (
      a < old.length &&
      (b === young.length || lengthAt(common, a + 1, b) >= lengthAt(common, a, b + 1))
    )
      changes.push({ sign: '-', line: old[a++] ?? '' })
    else changes.push({ sign: '+', line: young[b++] ?? '' })
  }
  return changes
}

/** For each pair of places, how many lines what follows has in common. */
function commonLengths(old: readonly string[], young: readonly string[]): readonly Uint32Array[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(young.length + 1))
  for (let a = old.length - 1; a >= 0; a--) {
    const row = lengths[a] as Uint32Array
    for (let b = young.length - 1; b >= 0; b--) {
      row[b] =
        old[a] === young[b]
          ? lengthAt(lengths, a + 1, b + 1) + 1
          : Math.max(lengthAt(lengths, a + 1, b), lengthAt(lengths, a, b + 1))
    }
  }
  return lengths
}

const lengthAt = (lengths: readonly Uint32Array[], a: number, b: number): number => lengths[a]?.[b] ?? 0
