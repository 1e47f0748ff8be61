import { linkSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasEnded, isRunning, startOf } from '../core/process.ts'

/** Who holds the lock: a process, with its start so that a later process of the same id is no holder. */
interface Holder {
  readonly pid: number
  readonly start: string
}

/**
 * The lock of a tree: one run at a time. Node has no flock, so it is a file `lock.N` that is put
 * there by link(2), which only one of many can do. A dead holder is not removed but outbid by
 * `lock.N+1`; so no two runs can both think that they took over from it.
 */
export class TreeLock {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  /** Takes the lock, or tells who has it. */
  static take(folder: string): TreeLock | number {
    const mine = join(folder, `lock-of-${process.pid}`)
    try {
      // In an installed root a script may have put a symlink there.
      rmSync(mine, { force: true })
      writeFileSync(
        mine,
        JSON.stringify({ pid: process.pid, start: startOf(process.pid) ?? '' } satisfies Holder),
        { flag: 'wx' },
      )
      for (;;) {
        const bids = bidsIn(folder)
        const holder = holderAmong(folder, bids)
        if (holder !== undefined) return holder.pid
        const bid = (bids.at(-1) ?? 0) + 1
        const path = join(folder, `lock.${bid}`)
        if (!link(mine, path)) continue
        // Others may have come and gone since we looked, and left a holder, with a higher number or a lower one.
        const others = bidsIn(folder).filter(other => other !== bid)
        if (holderAmong(folder, others) !== undefined) {
          rmSync(path, { force: true })
          continue
        }
        for (const old of others) rmSync(join(folder, `lock.${old}`), { force: true })
        for (const left of leftIn(folder)) rmSync(join(folder, left), { recursive: true, force: true })
        return new TreeLock(path)
      }
    } finally {
      rmSync(mine, { force: true })
    }
  }

  release(): void {
    rmSync(this.#path, { force: true })
  }
}

function bidsIn(folder: string): readonly number[] {
  return readdirSync(folder)
    .flatMap(name => (/^lock\.\d+$/.test(name) ? [Number(name.slice('lock.'.length))] : []))
    .sort((a, b) => a - b)
}

/** Of those that were killed while they bid. */
function leftIn(folder: string): readonly string[] {
  return readdirSync(folder).filter(name => {
    const pid = /^lock-of-(\d+)$/.exec(name)?.[1]
    return pid !== undefined && hasEnded(Number(pid))
  })
}

function holderAmong(folder: string, bids: readonly number[]): Holder | undefined {
  return bids.map(bid => holderOf(folder, bid)).find(one => one !== undefined && isHolding(one))
}

function holderOf(folder: string, bid: number): Holder | undefined {
  const path = join(folder, `lock.${bid}`)
  try {
    // In an installed root it may be a fifo, which would be waited for.
    return lstatSync(path).isFile() ? (JSON.parse(readFileSync(path, 'utf8')) as Holder) : undefined
  } catch {
    return undefined
  }
}

function link(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const isHolding = ({ pid, start }: Holder): boolean => isRunning(pid, start || undefined)
