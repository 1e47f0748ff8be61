import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { namesIfReadable, textIfReadable } from '../core/readable.ts'
import { begunIn, isRunning } from './begun.ts'
import type { Graph } from './graph.ts'
import type { Logs } from './logs.ts'
import { stampOf } from './stamp.ts'
import type { FileName } from './tree.ts'

/**
 * A run that was killed leaves its folder, the temporary files of the targets that it was building, and
 * perhaps their scripts, still running. The next run, which holds the lock, does away with them. Answers
 * the targets whose builds were cut short.
 */
export function cleanUpAfterCrash(folder: string): readonly FileName[] {
  const cut: FileName[] = []
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('run-')) continue
    const runFolder = join(folder, name)
    killOrphans(resolve(runFolder))
    for (const begun of begunIn(runFolder)) {
      rmSync(begun.temporary, { recursive: true, force: true })
      if (isRunning(runFolder, begun)) cut.push(begun.target)
    }
    removeRunFolder(runFolder)
  }
  return cut
}

/** Takes down of targets whose builds were cut short that these made no file, as of those that were stopped. */
export function recordCut(targets: readonly FileName[], graph: Graph, logs: Logs): void {
  for (const target of targets) graph.cut(graph.node(target), stampOf(target), logs.time(target))
}

/** In one step for those who look for it: another run could ask in what is half removed. */
export function removeRunFolder(runFolder: string): void {
  const gone = `${runFolder}.gone`
  rmSync(gone, { recursive: true, force: true })
  try {
    renameSync(runFolder, gone)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  rmSync(gone, { recursive: true, force: true })
}

/** Kills the processes that have the folder of the dead run in their environment. Needs a /proc. */
function killOrphans(runFolder: string): void {
  const mark = `REDO_RUN=${runFolder}\0`
  for (const pid of processes()) {
    if (!textIfReadable(`/proc/${pid}/environ`)?.includes(mark)) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile, or is not ours to end.
    }
  }
}

function processes(): readonly number[] {
  return namesIfReadable('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => pid !== process.pid)
}
