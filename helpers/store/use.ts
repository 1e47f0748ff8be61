import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { isDiskFull } from '../../core/disk.ts'
import { makeFolders } from '../../core/folders.ts'
import { type Heartbeat, hasHeartbeat, startHeartbeat } from '../../core/heartbeat.ts'
import { namesIfThere } from '../../core/names-if-there.ts'
import { partOf } from '../../core/part.ts'
import { formatProcess, isRunning, nameOf, parseProcess } from '../../core/process-name.ts'
import { isForbidden } from '../../core/system-error.ts'
import { untilStoreUnlocked } from './lock.ts'
import { markUsed } from './mark.ts'

/** Unpacked trees, by the sha256 of their tars, and sources. */
interface Wanted {
  readonly trees?: readonly Sha256[]
  readonly distfiles?: readonly Sha256[]
}

/** What a process uses of the store while it runs. */
export interface StoreUse {
  readonly store: string
  /**
   * From now until the end of the use nothing of this is freed. To be called before one looks whether it is
   * there. What is not there yet, and gets its name later, is safe as well.
   */
  need(wanted: Wanted): Promise<void>
}

/**
 * Does something with the store during which `coolports cache gc` leaves alone what is needed for it.
 *
 * Both sides say first what they are about to do, and look at the other's word then: we write down what we
 * need and wait for the lock; gc takes the lock and reads what is needed. Whichever comes first, one sees the
 * other. A store that cannot be written to has neither.
 */
export async function useStore<Value>(
  store: string,
  work: (use: StoreUse) => Promise<Value>,
): Promise<Value> {
  const needed: Needed = { trees: new Set(), distfiles: new Set() }
  let path: string | undefined
  let heartbeat: Heartbeat | undefined
  try {
    return await work({
      store,
      need: async wanted => {
        if (path !== undefined && isNeeded(needed, wanted)) return
        for (const kind of NEEDS) {
          for (const digest of wanted[kind] ?? []) {
            needed[kind].add(digest)
            markUsed(store, kind, digest)
          }
        }
        path = writeUse(store, process.pid, needed, path)
        if (path !== undefined) heartbeat ??= startHeartbeat(path)
        await untilStoreUnlocked(store)
      },
    })
  } finally {
    heartbeat?.stop()
    if (path !== undefined) rmSync(path, { force: true })
  }
}

/** The same on behalf of another process, until that one ends. */
export async function useStoreFor(pid: number, store: string, wanted: Wanted): Promise<void> {
  for (const kind of NEEDS) for (const digest of wanted[kind] ?? []) markUsed(store, kind, digest)
  const needed = { trees: new Set(wanted.trees), distfiles: new Set(wanted.distfiles) }
  sweepUses(store)
  writeUse(store, pid, needed, undefined)
  await untilStoreUnlocked(store)
}

/** What running processes need. */
interface Uses {
  readonly trees: ReadonlySet<Sha256>
  readonly distfiles: ReadonlySet<Sha256>
  /** How many processes there are. */
  readonly count: number
  /** A process could not write down what it needs, as the disk was full: then it is everything. */
  readonly everything: boolean
}

export function runningUses(store: string): Uses {
  const trees = new Set<Sha256>()
  const distfiles = new Set<Sha256>()
  let everything = false
  const live = usesIn(store).filter(({ live }) => live)
  for (const { path } of live) {
    const lines = readLines(path)
    if (lines === undefined) continue
    for (const line of lines) {
      const [kind, digest = ''] = line.split(' ')
      if (kind === 'trees' && isSha256(digest)) trees.add(digest)
      else if (kind === 'distfiles' && isSha256(digest)) distfiles.add(digest)
    }
    if (lines.at(-1) !== END) everything = true
  }
  return { trees, distfiles, count: live.length, everything }
}

/** Removes what processes left behind that are no more. */
export function sweepUses(store: string): void {
  for (const { path, live } of usesIn(store)) if (!live) rmSync(path, { force: true })
}

const NEEDS = ['trees', 'distfiles'] as const
type Needed = Readonly<Record<(typeof NEEDS)[number], Set<Sha256>>>

const isNeeded = (needed: Needed, wanted: Wanted): boolean =>
  NEEDS.every(kind => wanted[kind]?.every(digest => needed[kind].has(digest)) ?? true)

/** Without it as the last line, a use is not all there. */
const END = 'end'

let count = 0

/** Writes the use of a process, in place of an earlier one; undefined where that is not possible at all. */
function writeUse(
  store: string,
  pid: number,
  needed: Needed,
  earlier: string | undefined,
): string | undefined {
  const path = earlier ?? join(store, 'uses', `${formatProcess(nameOf(pid))}.${process.pid}-${++count}`)
  const part = partOf(path)
  const lines = [...NEEDS.flatMap(kind => [...needed[kind]].map(digest => `${kind} ${digest}`)), END]
  try {
    makeFolders(join(store, 'uses'))
    writeFileSync(part, lines.join('\n'))
  } catch (error) {
    // A file without content takes no room, and says the most.
    if (!isDiskFull(error) && !isForbidden(error)) throw error
  }
  try {
    renameSync(part, path)
    return path
  } catch {
    return earlier
  }
}

interface Found {
  readonly path: string
  readonly live: boolean
}

/** Whose use is a part still, has not looked at the lock yet either. */
function usesIn(store: string): readonly Found[] {
  const folder = join(store, 'uses')
  return namesIfThere(folder)
    .filter(name => !name.startsWith('.'))
    .map(name => {
      const path = join(folder, name)
      const process = parseProcess(name.split('.').slice(0, 3).join('.'))
      return { path, live: (process && isRunning(process)) ?? hasHeartbeat(path) }
    })
}

function readLines(path: string): readonly string[] | undefined {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    return []
  }
}
