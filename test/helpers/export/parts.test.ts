import { expect, test } from 'vitest'
import { sha256 } from '../../../core/digest.ts'
import type { PackageName } from '../../../core/name.ts'
import { formatParts, type Part, parseParts } from '../../../helpers/export/parts.ts'

const TAR = sha256('tar')
const KEY = sha256('key')
const PARTS: readonly Part[] = [
  { name: 'g++-x' as PackageName, version: '1.0,2-3', entries: 7, tar: TAR, pkghash: KEY },
  { name: 'b' as PackageName, version: '1-1', entries: 0, tar: TAR },
]

test('parts are a text, and the text the parts', () => {
  const text = `g++-x 1.0,2-3 7 sha256:${TAR} ${KEY}, b 1-1 0 sha256:${TAR}`
  expect(formatParts(PARTS)).toBe(text)
  expect(parseParts(text)).toEqual(PARTS)
})

test.each([
  '',
  `../b 1-1 1 sha256:${TAR}`,
  `b 1-1 -1 sha256:${TAR}`,
  `b 1-1 1e9 sha256:${TAR}`,
  `b 1-1 1 ${TAR}`,
  `b 1-1 1 sha256:${TAR} key`,
  `b 1-1 1 sha256:${TAR}, `,
])('%j is no parts', text => {
  expect(parseParts(text)).toBeUndefined()
})
