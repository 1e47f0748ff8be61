/** One record of a GNU recutils file: its fields in order; a field name may come more than once. Lines count from 1. */
export interface RecRecord {
  readonly fields: readonly (readonly [name: string, value: string, line: number])[]
  /** The line of its first field. */
  readonly line: number
}

/** A line that is neither a field, nor a continuation, nor a comment. */
export interface RecProblem {
  readonly line: number
  readonly text: string
}

/**
 * Reads recutils' plain-text form: `Name: value` lines, blank lines between records, `#` comments,
 * `+ ` continuation lines, a final backslash to join lines. Descriptors (`%rec: …`) are records
 * whose field names begin with `%`; they are left out of the answer.
 * Source of the format: GNU recutils manual, "The Rec Format".
 */
export function parseRecfile(text: string): {
  readonly records: readonly RecRecord[]
  readonly problems: readonly RecProblem[]
} {
  const records: RecRecord[] = []
  const problems: RecProblem[] = []
  let fields: [string, string, number][] = []
  let start = 0
  const close = (): void => {
    if (fields.length > 0 && !fields.every(([name]) => name.startsWith('%')))
      records.push({ fields, line: start })
    fields = []
  }
  const lines = text.split('\n')
  for (let index = 0; index < lines.length; index++) {
    const number = index + 1
    let line = lines[index] ?? ''
    if (line.startsWith('#')) continue
    if (line.trim() === '') {
      close()
      continue
    }
    while (line.endsWith('\\') && index + 1 < lines.length) line = line.slice(0, -1) + lines[++index]
    const last = fields.at(-1)
    if (line.startsWith('+') && last) {
      last[1] += `\n${line.slice(line.startsWith('+ ') ? 2 : 1)}`
      continue
    }
    const field = /^(%?[A-Za-z][A-Za-z0-9_]*):[ \t]?(.*)$/.exec(line)
    if (!field) {
      problems.push({ line: number, text: line })
      continue
    }
    if (fields.length === 0) start = number
    fields.push([field[1] ?? '', (field[2] ?? '').trimEnd(), number])
  }
  close()
  return { records, problems }
}

/** The values of one field of a record, in order. */
export const values = (record: RecRecord, name: string): readonly string[] =>
  record.fields.filter(([field]) => field === name).map(([, value]) => value)

export const value = (record: RecRecord, name: string): string | undefined => values(record, name)[0]
