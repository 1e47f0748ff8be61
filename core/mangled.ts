/**
 * Whether a name or path holds what is no UTF-8: they come to us decoded, with U+FFFD in the place of such bytes, and
 * that would be another file.
 */
export function isMangled(path: string): boolean {
  return path.includes('\ufffd')
}
