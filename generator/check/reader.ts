import { type Place, quoted } from '../../core/message.ts'
import type { Loaded } from '../load.ts'
import { locate } from '../locate.ts'
import { nearest } from '../nearest.ts'
import { fieldName, type Problem } from '../problem.ts'
import { manifestPath } from '../tree.ts'

/** Where a value stands in a manifest: ['sources', 0, 'url']. */
export type Path = readonly (string | number)[]
export type Fields = Readonly<Record<string, unknown>>
export type Shape = Readonly<Record<string, 'required' | 'optional'>>

/**
 * Reads values of unknown shape and remembers what was wrong with them. After a problem it answers
 * with a stand-in of the right type, so that the next problem is found as well.
 */
export class Reader {
  readonly problems: Problem[] = []
  readonly #loaded: Loaded

  constructor(loaded: Loaded) {
    this.#loaded = loaded
  }

  at(path: Path): Place {
    return locate(manifestPath(this.#loaded.name), this.#loaded.text, path)
  }

  field(path: Path, why: string, remedy?: string): void {
    const at = this.at(path)
    this.problems.push({ kind: 'field', at, field: fieldName(path), why, ...(remedy ? { remedy } : {}) })
  }

  object(path: Path, value: unknown, shape: Shape): Fields | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.field(
        path,
        path.length === 0 ? 'it has no default export of definePackage({ … })' : 'it is not an object',
      )
      return undefined
    }
    const said = value as Fields
    for (const key of Object.keys(said)) {
      if (Object.hasOwn(shape, key)) continue
      const near = nearest(key, Object.keys(shape))
      this.field([...path, key], 'there is no such field', near ? `did you mean "${near}"?` : undefined)
    }
    for (const [key, need] of Object.entries(shape)) {
      if (need === 'required' && said[key] === undefined) this.field(path, `the field "${key}" is missing`)
    }
    return said
  }

  optional<Value>(fields: Fields, key: string, read: (value: unknown) => Value): Value | undefined {
    return fields[key] === undefined ? undefined : read(fields[key])
  }

  /** Text of any kind but empty or with a NUL. A missing value was told before. */
  text(path: Path, value: unknown): string {
    if (value === undefined) return ''
    if (typeof value !== 'string') this.field(path, 'it is not a text')
    else if (value === '') this.field(path, 'it is empty')
    else if (value.includes('\0')) this.field(path, 'it has a NUL in it')
    else return value
    return ''
  }

  /** Text that goes into messages, lists and keys, one a line. */
  line(path: Path, value: unknown): string {
    const text = this.text(path, value)
    if (/[\0-\x1f\x7f]/.test(text)) this.field(path, 'it has control characters or more than one line')
    return text
  }

  oneOf<Choice extends string>(path: Path, value: unknown, choices: readonly [Choice, ...Choice[]]): Choice {
    const found = choices.find(choice => choice === value)
    if (!found) this.field(path, `it is not one of ${choices.map(choice => `"${choice}"`).join(', ')}`)
    return found ?? choices[0]
  }

  list(path: Path, value: unknown): readonly unknown[] | undefined {
    if (value === undefined || Array.isArray(value)) return value
    this.field(path, 'it is not a list')
    return undefined
  }

  /** A list of lines. */
  texts(path: Path, value: unknown): readonly string[] {
    return (this.list(path, value) ?? []).map((one, index) => this.line([...path, index], one))
  }

  url(path: Path, value: unknown): string {
    const text = this.line(path, value)
    if (text !== '' && !(/^(https?|ftp|file):\/\/[^\s]+$/.test(text) && URL.canParse(text))) {
      const other = /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^(https?|ftp|file):/.test(text)
      this.field(path, `it is not ${other ? 'an http:, https:, ftp: or file:' : 'a'} url: ${quoted(text)}`)
    }
    return text
  }
}
