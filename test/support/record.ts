import { type Sha256, sha256 } from '../../core/digest.ts'
import type { PackageName } from '../../core/name.ts'
import type { SecretKey } from '../../helpers/cache/minisign.ts'
import type { CacheRecord } from '../../helpers/cache/record.ts'

/** What a builder says of a package, 1-1, of which `body` is the file and `tar` the digest. */
export const recordOf = (of: {
  readonly name: string
  readonly hash: Sha256
  readonly tar: Sha256
  readonly body: Uint8Array
  readonly key: SecretKey
}): CacheRecord => ({
  name: of.name as PackageName,
  version: '1-1',
  hash: of.hash,
  tar: of.tar,
  gz: sha256(of.body),
  size: of.body.length,
  closure: [],
  builder: of.key.public.id,
})
