/**
 * A text as people may see it: characters that control a terminal, break the line or turn the direction of
 * writing are shown by their number, so that a line is a line and no name moves the cursor. `kept` are left as they are.
 */
export function legible(text: string, kept = ''): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, sign =>
    kept.includes(sign) ? sign : escaped(sign),
  )
}

/** As JSON has it, where JSON has something. */
function escaped(sign: string): string {
  const json = JSON.stringify(sign).slice(1, -1)
  if (json !== sign) return json
  return [...Array(sign.length).keys()]
    .map(at => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`)
    .join('')
}
