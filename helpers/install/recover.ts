import { existsSync, renameSync } from 'node:fs'
import { ok, type Result, refuse } from '../../core/result.ts'
import { backward, forward } from './carry-out.ts'
import { failureOf, isFailure } from './failure.ts'
import { flushDisk } from './flush.ts'
import type { Folders } from './folders.ts'
import { readOwnFile } from './own-file.ts'
import { BACKWARD, CHANGE, JOURNAL } from './place.ts'
import type { InstallProblem } from './problem.ts'
import { unstage } from './stage.ts'
import { parseJournal, type Step } from './step.ts'

export type Direction = 'forward' | 'back'

/** In which direction a change goes that was cut short; undefined when there is none. */
export function underWay(folders: Folders): Direction | undefined {
  if (!existsSync(folders.at(CHANGE))) return undefined
  if (existsSync(folders.at(BACKWARD))) return 'back'
  return existsSync(folders.at(JOURNAL)) ? 'forward' : undefined
}

/**
 * Completes the change whose journal is there, or takes it back. One that cannot be completed is taken
 * back; only if that fails, too, the journal stays, for when its cause is mended.
 */
export function finishChange(
  root: string,
  folders: Folders,
  direction: Direction,
): Result<void, readonly InstallProblem[]> {
  const is = underWay(folders)
  if (is === undefined) return refuse([{ kind: 'nothing under way', root }])
  // What is being taken back was given up, perhaps for a cause that is still there.
  if (is === 'forward' && direction === 'back') renameSync(folders.at(JOURNAL), folders.second(BACKWARD))
  const steps = readJournal(folders, is === 'back' || direction === 'back' ? BACKWARD : JOURNAL)
  if (!steps.ok) return steps
  try {
    if (is === 'forward' && direction === 'forward') {
      const failure = goForward(root, folders, steps.value)
      if (failure) return refuse([failure])
    } else for (const _ of backward(folders, steps.value));
  } catch (error) {
    if (!isFailure(error)) throw error
    return refuse([{ kind: 'stuck', root, by: failureOf(error, root) }])
  }
  flushDisk(root)
  unstage(folders)
  return ok(undefined)
}

/** Answers why it was given up and taken back. */
function goForward(root: string, folders: Folders, steps: readonly Step[]): InstallProblem | undefined {
  try {
    for (const _ of forward(folders, steps));
    return undefined
  } catch (error) {
    if (!isFailure(error)) throw error
    const failure = failureOf(error, root)
    renameSync(folders.at(JOURNAL), folders.second(BACKWARD))
    for (const _ of backward(folders, steps));
    flushDisk(root)
    unstage(folders)
    return failure
  }
}

function readJournal(folders: Folders, path: string): Result<readonly Step[], readonly InstallProblem[]> {
  const read = parseJournal(readOwnFile(folders, path) ?? '')
  return read.ok
    ? read
    : refuse([{ kind: 'damaged', file: path, line: read.error, why: 'it is no step of a change' }])
}
