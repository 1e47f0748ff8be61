import { dirname, join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { makeFolders } from '../../core/folders.ts'
import { namesIfThere } from '../../core/names-if-there.ts'
import { byCodeUnit } from '../../core/order.ts'
import { textIfReadable } from '../../core/readable.ts'
import { packagePath } from '../../core/store.ts'
import { writeWhole } from '../../core/whole-file.ts'
import { readBuilt } from '../store/built.ts'
import { builderIn, recordName } from './names.ts'
import type { Statement } from './quorum.ts'
import type { CacheRecord } from './record.ts'
import { unverifiedRecord } from './signed-record.ts'

/** What a builder said of a package that was taken from a cache. It was verified then, with a key of that time. */
export interface Kept {
  readonly record: CacheRecord
  /** The signed record, as it came. */
  readonly file: string
}

/** Where a package came from. */
type Origin =
  /** A build here came out as it: we may speak of it. */
  | { readonly kind: 'built here' }
  | { readonly kind: 'from caches'; readonly kept: readonly Kept[] }
  /** Nothing here says that it was built here, and nothing what others said of it. */
  | { readonly kind: 'unknown' }

/**
 * Where the package of this key came from whose tar this is. Who signs says "I built this", so that is for the
 * note of a build alone to tell, and not for what is missing: stores get lost, and are freed.
 */
export function originOf(store: string, hash: Sha256, tar: Sha256): Origin {
  if (readBuilt(store, hash) === tar) return { kind: 'built here' }
  const kept = keptStatements(store, hash).filter(({ record }) => record.tar === tar)
  return kept.length > 0 ? { kind: 'from caches', kept } : { kind: 'unknown' }
}

/** Keeps what was believed beside a package that comes from a cache, under the names that it has there. */
export function keepStatements(store: string, statements: readonly Statement[]): void {
  for (const { record, file } of statements) {
    const folder = makeFolders(dirname(packagePath(store, record.hash)))
    writeWhole(join(folder, recordName(record.hash, record.builder)), file)
  }
}

/** Signed records of this package; what is none is passed over. */
function keptStatements(store: string, hash: Sha256): readonly Kept[] {
  const folder = dirname(packagePath(store, hash))
  return namesIfThere(folder)
    .filter(name => builderIn(name, hash) !== undefined)
    .sort(byCodeUnit)
    .flatMap(name => {
      const file = textIfReadable(join(folder, name))
      if (file === undefined) return []
      const record = unverifiedRecord(file)
      if (!record.ok || recordName(hash, record.value.builder) !== name || record.value.hash !== hash)
        return []
      return [{ record: record.value, file }]
    })
}
