import type { Folders } from './folders.ts'
import { isSetting } from './layout.ts'
import { folderDeviation, isAsRecorded } from './plan.ts'
import type { Installed, Owned } from './record.ts'
import { type Fact, factOf } from './survey.ts'

/** A path that is not as its package left it. */
export interface Deviation {
  readonly path: string
  readonly package: string
  /** `edited` is a setting below /etc, and nothing wrong. */
  readonly kind: 'edited' | 'missing' | 'another kind' | 'owner' | 'mode' | 'content' | 'target'
}

/** Compares all that packages own with what is there. */
export function* verifyPackages(folders: Folders, packages: readonly Installed[]): Generator<Deviation> {
  for (const { name, by, entries } of packages) {
    for (const entry of entries) {
      const kind = deviation(entry, factOf(folders, entry.path), by)
      const edited =
        kind !== undefined && kind !== 'missing' && entry.kind !== 'folder' && isSetting(entry.path)
      if (kind !== undefined) yield { path: entry.path, package: name, kind: edited ? 'edited' : kind }
    }
  }
}

/** Settings may be anybody's; of all else whoever owns it could make it something else. */
function deviation(
  entry: Owned,
  fact: Fact,
  by: number | undefined,
): Exclude<Deviation['kind'], 'edited'> | undefined {
  if (fact.kind === 'absent') return 'missing'
  if (fact.kind !== entry.kind) return 'another kind'
  if (entry.kind === 'folder') return fact.kind === 'folder' ? folderDeviation(fact, entry, by) : undefined
  if (isAsRecorded(fact, entry, isSetting(entry.path) ? undefined : by)) return undefined
  if (entry.kind === 'symlink') return 'target'
  if (fact.kind !== 'file' || (fact.sha256 !== undefined && fact.sha256 !== entry.sha256)) return 'content'
  return fact.mode === entry.mode ? 'owner' : 'mode'
}
