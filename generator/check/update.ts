import type { PackageSource, PackageUpdate } from '../package.ts'
import { knownUpdate } from './known-update.ts'
import type { Fields, Reader, Shape } from './reader.ts'

/** What `update` says of where newer versions are found. */
export function readUpdate(reader: Reader, value: unknown): PackageUpdate {
  const none: PackageUpdate = { kind: 'fixed', why: '' }
  const kind = (value as Fields | null)?.kind
  const said = reader.object(['update'], value, kind === 'fixed' ? FIXED : FOUND)
  if (!said) return none
  const known = reader.oneOf(['update', 'kind'], kind, ['listing', 'git-tags', 'fixed'])
  if (known === 'fixed') return { kind: known, why: reader.line(['update', 'why'], said.why) }
  const url = reader.url(['update', 'url'], said.url)
  const pattern = reader.line(['update', 'pattern'], said.pattern)
  // A missing one was told before.
  if (pattern === '') return none
  try {
    if (new RegExp(`${pattern}|`).exec('')?.length === 1)
      reader.field(['update', 'pattern'], 'it has no group for the version')
  } catch {
    reader.field(['update', 'pattern'], 'it is not a regular expression')
  }
  return { kind: known, url, pattern }
}

const FIXED: Shape = { kind: 'required', why: 'required' }
const FOUND: Shape = { kind: 'required', url: 'required', pattern: 'required' }

/** What the first url tells, in a manifest that says nothing of it. */
export function impliedUpdate(
  reader: Reader,
  version: string,
  [first]: readonly PackageSource[],
): PackageUpdate {
  const known = knownUpdate(version, first?.urls[0] ?? '')
  if (known) return known
  // A missing version was told before.
  if (version === '') return { kind: 'fixed', why: '' }
  reader.field(
    ['update'],
    'where newer versions are found is not said, and the url does not tell',
    "add update: { kind: 'listing' or 'git-tags', url: '…', pattern: '…' }, or { kind: 'fixed', why: '…' }",
  )
  return { kind: 'fixed', why: '' }
}
