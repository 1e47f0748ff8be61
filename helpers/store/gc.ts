import { lstatSync, readdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { hasEnded } from '../../core/process.ts'
import { formatProcess, isRunning, nameOf, parseProcess } from '../../core/process-name.ts'
import { removeTree } from '../../core/remove.ts'
import { readNote } from './content.ts'
import { isPart, PARTIALS, type StoreEntry, storeEntries } from './entries.ts'
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
    gone.push(...remains(store))
    for (const entry of plan.free) for (const path of entry.paths) gone.push(...putAside(path))
    sweepRoots(store)
    sweepUses(store)
    for (const { kind, name } of plan.free) forgetUse(store, kind, name)
  } finally {
    lock.release()
  }
  for (const path of gone) removeTree(path)
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
  return ({ kind, name, used }) => {
    const by = all ?? holders.get(`${kind} ${name}`)
    if (by !== undefined) return { why: 'held', by }
    const digest = name as Sha256
    const inUse =
      uses.everything ||
      (kind === 'skeletons' && uses.count > 0) ||
      (kind === 'trees' && uses.trees.has(digest)) ||
      (kind === 'distfiles' && uses.distfiles.has(digest)) ||
      (name.startsWith('.partial/') && isBeingFetched(name, used))
    return inUse ? { why: 'in use' } : undefined
  }
}

/** Its process may run in another container, where it cannot be seen. */
const isBeingFetched = (name: string, used: number): boolean => {
  const [pid = 0, start = ''] = name.split('.').slice(2)
  const fetcher = parseProcess(`${pid}.${start}.${nameOf(process.pid).space}`)
  return (fetcher !== undefined && isRunning(fetcher) === true) || Date.now() - used < STALE_MS
}

const STALE_MS = 10 * 60 * 1000

/** Used between our look at the store and the lock: then it is not the least recently used any more. */
const usedMeanwhile = (store: string, entry: StoreEntry): Stay | undefined =>
  lastUsed(store, entry.kind, entry.name, entry.used) > entry.used ? { why: 'in use' } : undefined

const packageOf = ({ paths: [path = ''] }: StoreEntry): string | undefined => readNote(path)?.hash

/** Takes a name out of the store; answers what is to be removed. In its own folder, which may be a disk of its own. */
function putAside(path: string): readonly string[] {
  const aside = join(dirname(path), `.gone.${formatProcess(nameOf(process.pid))}.${++count}`)
  try {
    renameSync(path, aside)
    return [aside]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

let count = 0

/** What killed processes left: names that were put aside, and files that were being written. */
function remains(store: string): readonly string[] {
  return [...KINDS, PARTIALS].flatMap(kind => {
    const folder = join(store, kind)
    return names(folder).flatMap(name => {
      const path = join(folder, name)
      if (name.startsWith('.gone.')) return isLeft(name) ? putAside(path) : []
      // What came in part is an entry, and no remains.
      return kind !== PARTIALS &&
        isPart(name) &&
        isSha256(name.replace(/^\./, '').slice(0, 64)) &&
        isAbandoned(path)
        ? putAside(path)
        : []
    })
  })
}

function isAbandoned(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  const pid = /\.(\d+)(?:\.part)?$/.exec(path)?.[1]
  return stats !== undefined && Date.now() - stats.ctimeMs > STALE_MS && hasEnded(Number(pid))
}

function isLeft(name: string): boolean {
  const process = parseProcess(name.split('.').slice(2, 5).join('.'))
  return process === undefined || isRunning(process) === false
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
