/** A line of `export -p`; what is exported without a value is in no environment. */
const EXPORT = /export ([A-Za-z_]\w*)(?:=((?:'[^']*'|"'+")*))?\n/y

const PART = /'([^']*)'|"('+)"/g

/**
 * The lines NAME=VALUE of an environment that a shell wrote by `export -p`, with a last line `end`; undefined for what is
 * not whole, or in other words than dash and busybox's ash have: they quote by ', and that itself by ".
 */
export function exportsIn(text: string): readonly string[] | undefined {
  const lines: string[] = []
  let at = 0
  for (;;) {
    EXPORT.lastIndex = at
    const found = EXPORT.exec(text)
    if (found === null) return text.slice(at) === 'end\n' ? lines : undefined
    at = EXPORT.lastIndex
    const [, name, value] = found
    if (value !== undefined)
      lines.push(
        `${name}=${value.replace(PART, (_, plain?: string, quotes?: string) => plain ?? quotes ?? '')}`,
      )
  }
}
