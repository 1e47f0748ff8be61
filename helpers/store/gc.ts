import { renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Sha256 } from '../../core/digest.ts'
import { isLeft, parsePart, partOf, sweepParts } from '../../core/part.ts'
import { removeTree } from '../../core/remove.ts'
import { partialFolder } from '../../core/store.ts'
import { readNote } from './content.ts'
import { type StoreEntry, storeEntries } from './entries.ts'
import { lockStore } from './lock.ts'
import { forgetUse, KINDS, lastUsed } from './mark.ts'
import { type Plan, planGc, type Stay } from './plan.ts'
import { liveRoots, sweepRoots } from './roots.ts'
import { runningUses, sweepUses } from './use.ts'

/** What would go, by what is used and held at this moment. Nothing is written. */
export function gcPlan(store: string, budget: number): Plan {
  const { entries } = storeEntries(store)
  return planGc(entries, budget, keeper(store), packageOf)
}

/**
 * Frees the least recently used entries until the rest fits into the budget of bytes. Any number of builds,
 * and of these, may run at the same time. Names vanish while the lock is held, for which builds that begin
 * wait, and what they named is removed after that. Killed at any moment it leaves a store that is whole, and
 * the next one removes the remains.
 */
export async function gc(store: string, budget: number): Promise<Plan> {
  // The long part of it, before anybody has to wait. What comes meanwhile is young and stays.
  const { entries } = storeEntries(store)
  const lock = await lockStore(store)
  const gone: string[] = []
  let plan: Plan
  try {
    const keep = keeper(store)
    plan = planGc(entries, budget, entry => keep(entry) ?? usedMeanwhile(store, entry), packageOf)
    for (const entry of plan.free) for (const path of entry.paths) gone.push(...putAside(path))
    sweepRoots(store)
    sweepUses(store)
    for (const { kind, name } of plan.free) forgetUse(store, kind, name)
  } finally {
    lock.release()
  }
  for (const path of gone) removeTree(path)
  sweepRemains(store)
  return plan
}

/** Tells why an entry must stay. */
function keeper(store: string): (entry: StoreEntry) => Stay | undefined {
  const holders = new Map<string, string>()
  let all: string | undefined
  for (const { path, owner, trees, packages } of liveRoots(store)) {
    if (owner === undefined) all = path
    else {
      for (const digest of trees) holders.set(`trees ${digest}`, owner)
      for (const hash of packages) holders.set(`packages ${hash}`, owner)
    }
  }
  const uses = runningUses(store)
  return ({ kind, name, paths: [path = ''] }) => {
    const by = all ?? holders.get(`${kind} ${name}`)
    if (by !== undefined) return { why: 'held', by }
    const digest = name as Sha256
    const inUse =
      uses.everything ||
      (kind === 'skeletons' && uses.count > 0) ||
      (kind === 'trees' && uses.trees.has(digest)) ||
      (kind === 'distfiles' && uses.distfiles.has(digest)) ||
      (parsePart(basename(path)) !== undefined && !isLeft(path))
    return inUse ? { why: 'in use' } : undefined
  }
}

/** Used between our look at the store and the lock: then it is not the least recently used any more. */
const usedMeanwhile = (store: string, entry: StoreEntry): Stay | undefined =>
  lastUsed(store, entry.kind, entry.name, entry.used) > entry.used ? { why: 'in use' } : undefined

const packageOf = ({ paths: [path = ''] }: StoreEntry): string | undefined => readNote(path)?.hash

/** Takes a name out of the store; answers what is to be removed. In its own folder, which may be a disk of its own. */
function putAside(path: string): readonly string[] {
  const aside = partOf(join(dirname(path), GONE))
  try {
    renameSync(path, aside)
    return [aside]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** What a name that is put aside is to become. */
const GONE = 'gone'

/** What killed processes left: names that were put aside, and what was being made. */
function sweepRemains(store: string): void {
  for (const folder of ['', ...KINDS, ...OTHERS]) sweepParts(join(store, folder))
  // The parts of sources are entries, and no remains.
  sweepParts(partialFolder(store), GONE)
}

/** What else of the store's folders holds what is written as a whole. */
const OTHERS = ['incoming', 'roots', 'uses', 'spot-checks', 'ipfs/layouts', 'ipfs/names']
