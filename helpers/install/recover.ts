import { ok, type Result, refuse } from '../../core/result.ts'
import { backward, forward } from './carry-out.ts'
import { failureOf, isFailure } from './failure.ts'
import { flushDisk } from './flush.ts'
import type { Folders } from './folders.ts'
import { type Direction, endChange, giveUp, readJournal, type Step, underWay } from './journal.ts'
import type { InstallProblem } from './problem.ts'

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
  if (is === 'forward' && direction === 'back') giveUp(folders)
  const steps = readJournal(folders)
  if (!steps.ok) return steps
  let failure: InstallProblem | undefined
  try {
    if (underWay(folders) === 'forward') failure = goForward(root, folders, steps.value)
    if (underWay(folders) === 'back') for (const _ of backward(folders, steps.value));
  } catch (error) {
    if (!isFailure(error)) throw error
    return refuse([{ kind: 'stuck', root, by: failureOf(error, root) }])
  }
  flushDisk(root)
  endChange(folders)
  return failure ? refuse([failure]) : ok(undefined)
}

/** Answers why it was given up. */
function goForward(root: string, folders: Folders, steps: readonly Step[]): InstallProblem | undefined {
  try {
    for (const _ of forward(folders, steps));
    return undefined
  } catch (error) {
    if (!isFailure(error)) throw error
    const failure = failureOf(error, root)
    giveUp(folders)
    return failure
  }
}
