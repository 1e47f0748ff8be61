import parseLicense from 'spdx-expression-parse'
import { quoted } from '../../core/message.ts'
import type { Reader } from './reader.ts'

export function readLicense(reader: Reader, value: unknown): string {
  const text = reader.line(['license'], value)
  if (text === '' || isLicense(text)) return text
  reader.field(['license'], `it is not an SPDX expression: ${quoted(text)}`, 'see https://spdx.org/licenses/')
  return text
}

/** Most packages have one of a few. */
const known = new Map<string, boolean>()

function isLicense(text: string): boolean {
  let good = known.get(text)
  if (good === undefined) {
    try {
      parseLicense(text)
      good = true
    } catch {
      good = false
    }
    known.set(text, good)
  }
  return good
}
