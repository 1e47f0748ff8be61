/** A text as one word of a POSIX shell: as it is where no shell would change it, else in single quotes. */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text)) return text
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A here-document with `text` as it is, no matter what stands in it. Ends with a newline. */
export function hereDocument(text: string, name = 'END'): string {
  let end = name
  while (text.split('\n').includes(end)) end += '_'
  const body = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return `<<'${end}'\n${body}${end}\n`
}
