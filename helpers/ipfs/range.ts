/** A part of a file, both ends included. */
interface Range {
  readonly start: number
  readonly end: number
}

/**
 * What a Range header asks of a file of so many bytes: one part, all, or a part that is not there. Several
 * parts at once are answered with all, as RFC 9110 (14.2) allows.
 */
export function rangeOf(header: string | undefined, size: number): Range | 'all' | 'none' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return 'all'
  if (match[1] === '') {
    const last = Number(match[2])
    return last === 0 || size === 0 ? 'none' : { start: Math.max(0, size - last), end: size - 1 }
  }
  const start = Number(match[1])
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (match[2] !== '' && Number(match[2]) < start) return 'all' // no range at all
  return start >= size ? 'none' : { start, end }
}
