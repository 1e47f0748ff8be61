/** A text of no more than so many columns of a terminal; what is too long loses its middle. */
export function fit(text: string, columns: number): string {
  if (text.length <= columns && /^[ -~]*$/.test(text)) return text
  const signs = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
  if (columnsOf(signs) <= columns) return text
  if (columns <= gap.length) return gap.slice(0, Math.max(0, columns))
  const room = columns - gap.length
  const head = within(signs, Math.floor(room / 2))
  const tail = within(signs.toReversed(), room - columnsOf(head)).toReversed()
  return [...head, gap, ...tail].join('')
}

const gap = '...'

function within(signs: readonly string[], columns: number): readonly string[] {
  let left = columns
  const end = signs.findIndex(sign => {
    left -= columnsOf([sign])
    return left < 0
  })
  return end < 0 ? signs : signs.slice(0, end)
}

/** Nearly what terminals do; where one disagrees it cuts the line, as it was told not to wrap. */
function columnsOf(signs: readonly string[]): number {
  return signs.reduce((sum, sign) => sum + (/^\p{M}+$/u.test(sign) ? 0 : wide.test(sign) ? 2 : 1), 0)
}

const wide =
  /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u
