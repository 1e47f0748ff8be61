import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sha256 } from '../../../core/digest.ts'
import { readSecretKey, type SecretKey } from '../../../helpers/cache/minisign.ts'
import { packageName, recordName } from '../../../helpers/cache/names.ts'
import type { CacheRecord } from '../../../helpers/cache/record.ts'
import { signRecord, unverifiedRecord } from '../../../helpers/cache/signed-record.ts'
import { User } from '../../support/cached-tree.ts'
import { keyAt } from '../../support/pkgkey.ts'

/** A cache in a folder as it should be, and all that another one is made of that is not. */
export interface Good {
  readonly folder: string
  readonly hash: Sha256
  readonly record: CacheRecord
  readonly key: SecretKey
  readonly body: Buffer
  readonly keyText: string
}

/** The files of a cache, by their names. */
export type Files = Readonly<Record<string, string | Uint8Array>>

/** Builds a package and what it needs to run, and publishes them in a folder; answers about the one named. */
export async function publishGood(
  folder: string,
  packages: Readonly<Record<string, string>>,
  name: string,
): Promise<Good> {
  const alice = await User.of(packages)
  alice.publish(folder, name)
  const { hash, text: keyText } = keyAt(alice.tree.root, name)
  const key = readSecretKey(readFileSync(join(alice.home, 'coolports/signing-key'), 'utf8'))
  if (!key.ok) throw new Error(key.error)
  const record = unverifiedRecord(readFileSync(join(folder, recordName(hash, key.value.public.id)), 'utf8'))
  if (!record.ok) throw new Error(record.error)
  const body = readFileSync(join(folder, packageName(hash)))
  return { folder, hash, key: key.value, record: record.value, body, keyText }
}

/** What a builder with this key and this record would have put there. */
export function honest({ record, key, body }: Good, hash = record.hash): Files {
  return { [packageName(hash)]: body, [recordName(hash, key.public.id)]: signRecord(record, key) }
}
