const PIECE = 64 * 1024

/**
 * Where two contents begin to differ, from a place on: the end of the shorter one where it is the other's beginning,
 * undefined where they are equal. By pieces, because Buffer compares those at once.
 */
export function firstDifference(a: Buffer, b: Buffer, from = 0): number | undefined {
  if (a.subarray(from).equals(b.subarray(from))) return undefined
  const shorter = Math.min(a.length, b.length)
  let at = from
  while (at < shorter && a.subarray(at, at + PIECE).equals(b.subarray(at, at + PIECE))) at += PIECE
  while (at < shorter && a[at] === b[at]) at++
  return Math.min(at, shorter)
}
