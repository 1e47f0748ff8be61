import { existsSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeFolder } from '../../core/folders.ts'
import { type Lock, tryLock } from '../../core/lock.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { changeRoot, type Done, type Wanted } from './change.ts'
import { cloneRoot } from './clone.ts'
import { CURRENT, generationsOf, hasGenerations, ROOTS, takenName } from './current.ts'
import { failureOf, isFailure } from './failure.ts'
import { flushDisk } from './flush.ts'
import type { InstallProblem } from './problem.ts'

type Answer<Value> = Result<Value, readonly InstallProblem[]>

/** Makes a generation from the current one by a change, and switches to it. Until then nothing else is touched. */
export function changeGeneration(
  folder: string,
  wanted: Wanted,
): Answer<Done & { readonly generation: number }> {
  const top = resolve(folder)
  const taken = takenName(top)
  if (taken !== undefined) return refuse([{ kind: 'name taken', root: folder, name: taken }])
  return locked(top, () => {
    const { all, current } = generationsOf(top)
    if (current === undefined && all.length > 0) return refuse([{ kind: 'no current', root: folder, all }])
    const number = (all.at(-1) ?? 0) + 1
    const part = join(top, ROOTS, `.${number}.part`)
    try {
      makeFolder(part)
      if (current !== undefined) cloneRoot(realpathSync(join(top, CURRENT)), part)
      const done = changeRoot(part, wanted)
      // What is being made has a name that nobody knows, and is gone.
      if (!done.ok)
        return refuse(done.error.map(one => (one.kind === 'disk full' ? { ...one, folder: top } : one)))
      if (done.value.unfinished) return refuse(done.value.unfinished.map(undone))
      // It takes its time, in which nobody is to see a generation that was never switched to.
      flushDisk(part)
      renameSync(part, join(top, ROOTS, String(number)))
      switchTo(top, number)
      return ok({ ...done.value, generation: number })
    } finally {
      removeTree(part)
    }
  })
}

const undone = (problem: InstallProblem): InstallProblem =>
  problem.kind === 'script failed' ? { ...problem, undone: true } : problem

/** Switches to an earlier generation, or to a later one again; by itself, to the one before. Answers its number. */
export function switchGeneration(folder: string, wanted?: number): Answer<number> {
  const top = resolve(folder)
  if (!hasGenerations(top)) return refuse([{ kind: 'no generations', root: folder }])
  return locked(top, () => {
    const { all, current } = generationsOf(top)
    if (wanted === undefined && current === undefined && all.length > 0)
      return refuse([{ kind: 'no current', root: folder, all }])
    const to = wanted ?? all.filter(number => number < (current ?? 0)).at(-1)
    if (to === undefined || !all.includes(to))
      return refuse([
        { kind: 'no generation', root: folder, all, ...(to === undefined ? {} : { number: to }) },
      ])
    switchTo(top, to)
    return ok(to)
  })
}

function switchTo(top: string, number: number): void {
  const part = join(top, `.${CURRENT}.part`)
  rmSync(part, { force: true })
  symlinkSync(`${ROOTS}/${number}`, part)
  renameSync(part, join(top, CURRENT))
}

function locked<Value>(top: string, work: () => Answer<Value>): Answer<Value> {
  let lock: Lock | undefined
  try {
    for (const path of [top, join(top, ROOTS)]) if (!existsSync(path)) makeFolder(path)
    const taken = tryLock(join(top, ROOTS), { isBusy: true })
    if (!taken.ok) return refuse([{ kind: 'busy', root: top, pid: taken.error.pid }])
    lock = taken.value
    for (const name of readdirSync(join(top, ROOTS))) {
      // What was begun, and its process killed.
      if (/^\.\d+\.part$/.test(name)) removeTree(join(top, ROOTS, name))
    }
    return work()
  } catch (error) {
    if (!isFailure(error)) throw error
    return refuse([failureOf(error, top)])
  } finally {
    lock?.release()
  }
}
