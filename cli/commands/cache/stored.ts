import type { StoreEntry } from '../../../helpers/store/entries.ts'
import { shown } from '../../output.ts'

/** A time as a person and a program can read it: minutes, UTC. */
export const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** One entry of the store in words: `packages 0123456789ab make-4.4.1-1`. */
export function named({ kind, name }: StoreEntry, label: string | undefined): string {
  const short = name.startsWith('.partial/') ? `${name.slice(9, 21)} (in part)` : name.slice(0, 12)
  return `${kind.padEnd(9)} ${short}${label === undefined ? '' : ` ${shown(label)}`}`
}
