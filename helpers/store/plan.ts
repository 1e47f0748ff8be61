import { byCodeUnit } from '../../core/order.ts'
import { bytesOf, type StoreEntry } from './entries.ts'

/** Why an entry stays. */
export type Stay =
  | { readonly why: 'held'; readonly by: string }
  | { readonly why: 'in use' }
  | { readonly why: 'fits' }
  | { readonly why: 'belongs'; readonly to: string }

export interface Plan {
  /** What goes, the least recently used first. */
  readonly free: readonly StoreEntry[]
  readonly stay: readonly (readonly [entry: StoreEntry, stay: Stay])[]
  /** Bytes of the store before and after. */
  readonly before: number
  readonly after: number
}

/**
 * Which entries go, least recently used first, until the rest fits into the budget. `keep` tells why one must
 * stay, `packageOf` which package a note of `contents` is of: it goes with that, and not alone.
 */
export function planGc(
  entries: readonly StoreEntry[],
  budget: number,
  keep: (entry: StoreEntry) => Stay | undefined,
  packageOf: (note: StoreEntry) => string | undefined,
): Plan {
  const free: StoreEntry[] = []
  const stay: (readonly [StoreEntry, Stay])[] = []
  const count = new Map<string, { bytes: number; names: number }>()
  for (const { blocks } of entries) {
    for (const [inode, bytes] of blocks) {
      const names = count.get(inode)?.names ?? 0
      count.set(inode, { bytes, names: names + 1 })
    }
  }
  const before = bytesOf(entries)
  let after = before
  const take = (entry: StoreEntry): void => {
    free.push(entry)
    for (const inode of entry.blocks.keys()) {
      const one = count.get(inode)
      if (one && --one.names === 0) after -= one.bytes
    }
  }
  const packages = new Set(entries.filter(({ kind }) => kind === 'packages').map(({ name }) => name))
  const notes = new Map<string, StoreEntry[]>()
  for (const note of entries.filter(({ kind }) => kind === 'contents')) {
    const name = packageOf(note)
    if (name === undefined || !packages.has(name)) take(note)
    else notes.set(name, [...(notes.get(name) ?? []), note])
  }
  for (const entry of entries.filter(({ kind }) => kind !== 'contents').sort(byUse)) {
    const reason = keep(entry) ?? (after <= budget ? { why: 'fits' as const } : undefined)
    const own = entry.kind === 'packages' ? (notes.get(entry.name) ?? []) : []
    if (reason) {
      stay.push([entry, reason])
      for (const note of own) stay.push([note, { why: 'belongs', to: entry.name }])
    } else {
      take(entry)
      for (const note of own) take(note)
    }
  }
  return { free, stay, before, after }
}

const byUse = (a: StoreEntry, b: StoreEntry): number =>
  a.used - b.used || byCodeUnit(a.kind, b.kind) || byCodeUnit(a.name, b.name)
