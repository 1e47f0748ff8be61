import type { Sha256 } from '../../core/digest.ts'
import type { CacheRecord } from './record.ts'
import { builderOf, type TrustedKey } from './trust.ts'

/** A record with a right signature, and whose it is. */
export interface Statement {
  readonly record: CacheRecord
  readonly trusted: TrustedKey
  /** The signed record, as it came. */
  readonly file: string
}

/** What the builders that the user trusts say of a package together. */
export type Verdict =
  | { readonly kind: 'agreed'; readonly tar: Sha256 }
  /** They do not say the same: then none of them is believed, however many are of one opinion. */
  | { readonly kind: 'disputed' }
  | { readonly kind: 'too few'; readonly builders: number }

/** `quorum` is how many different builders have to say the same. */
export function judge(statements: readonly Statement[], quorum: number): Verdict {
  const [first] = statements
  if (!first) return { kind: 'too few', builders: 0 }
  if (statements.some(({ record }) => record.tar !== first.record.tar)) return { kind: 'disputed' }
  const builders = new Set(statements.map(({ trusted }) => builderOf(trusted))).size
  return builders >= quorum ? { kind: 'agreed', tar: first.record.tar } : { kind: 'too few', builders }
}
