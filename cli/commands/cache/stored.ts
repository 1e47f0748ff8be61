import { isSystemError } from '../../../core/system-error.ts'
import type { StoreEntry } from '../../../helpers/store/entries.ts'
import { shown } from '../../output.ts'

/** A time as a person and a program can read it: minutes, UTC. */
export const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** One entry of the store in words: `packages 0123456789ab make-4.4.1-1`. */
export function named({ kind, name }: StoreEntry, label: string | undefined): string {
  const short = name.startsWith('.partial/') ? `${name.slice(9, 21)} (in part)` : name.slice(0, 12)
  return `${kind.padEnd(9)} ${short}${label === undefined ? '' : ` ${shown(label)}`}`
}

/** For a failure of the disk below the store: read-only, full, forbidden. */
export function storeFault(error: unknown): string | undefined {
  if (!isSystemError(error)) return undefined
  const words: Readonly<Record<string, string>> = {
    EROFS: 'the store is on a read-only disk',
    EACCES: 'the store may not be written to',
    EPERM: 'the store may not be written to',
    ENOSPC: 'the disk is full to the last name',
  }
  return words[error.code] ?? error.message
}
