import type { Result } from '../../core/result.ts'
import { type PublicKey, type SecretKey, signText, verifyText } from './minisign.ts'
import { type CacheRecord, MAX_RECORD_BYTES, readRecord, recordText } from './record.ts'

// What a builder says of a package is one file: a signature as minisign has it, in four lines, and behind it the record
// that it is of. So one question has both, and nobody finds one of them without the other, or an older one.

/** No signed record is longer, in bytes. One line of a signature may be a comment of any length; ours is short. */
export const MAX_SIGNED_BYTES = MAX_RECORD_BYTES + 4096

/** The text of the file. */
export function signRecord(record: CacheRecord, key: SecretKey): string {
  const text = recordText(record)
  return signText(key, text, `coolports package ${record.name} ${record.version}`) + text
}

/** The record, if this key has signed it. The refusal is the end of a sentence. */
export function verifyRecord(key: PublicKey, file: string): Result<CacheRecord, string> {
  const { signature, text } = parted(file)
  const verified = verifyText(key, text, signature)
  return verified.ok ? readRecord(text) : verified
}

/** The record, whoever has signed it, if anybody has. */
export const unverifiedRecord = (file: string): Result<CacheRecord, string> => readRecord(parted(file).text)

function parted(file: string): { readonly signature: string; readonly text: string } {
  const end = /^(?:[^\n]*\n){4}/.exec(file)?.[0].length ?? file.length
  return { signature: file.slice(0, end), text: file.slice(end) }
}
