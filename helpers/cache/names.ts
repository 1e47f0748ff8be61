import type { Sha256 } from '../../core/digest.ts'
import type { KeyId } from './minisign.ts'

/** The files of a cache. One that knows its builders' keys knows all names, so that nothing has to be listed. */
export const packageName = (hash: Sha256): string => `${hash}.tar.gz`

/** What one builder says about a package, signed. */
export const recordName = (hash: Sha256, builder: KeyId): string => `${hash}.${builder}.minisig`

/** The builder whose signed record of this package a file is by its name; undefined if it is another file. */
export const builderIn = (name: string, hash: Sha256): KeyId | undefined =>
  name.startsWith(`${hash}.`) ? (/^\.([0-9A-F]{16})\.minisig$/.exec(name.slice(64))?.[1] as KeyId) : undefined

/** Whether a place may be asked for it: a name that leads out of a folder is nobody's. */
export const isCacheFile = (name: string): boolean =>
  /^[0-9a-f]{64}(\.tar\.gz|\.[0-9A-F]{16}\.minisig)$/.test(name)
