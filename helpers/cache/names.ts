import type { Sha256 } from '../../core/digest.ts'
import type { KeyId } from './minisign.ts'

/** The files of a cache. One that knows its builders' keys knows all names, so that nothing has to be listed. */
export const packageName = (hash: Sha256): string => `${hash}.tar.gz`

/** What one builder says about a package, and its signature. */
export const recordName = (hash: Sha256, builder: KeyId): string => `${hash}.${builder}.rec`
export const signatureName = (hash: Sha256, builder: KeyId): string => `${recordName(hash, builder)}.minisig`

/** Whether a place may be asked for it: a name that leads out of a folder is nobody's. */
export const isCacheFile = (name: string): boolean =>
  /^[0-9a-f]{64}(\.tar\.gz|\.[0-9A-F]{16}\.rec(\.minisig)?)$/.test(name)
