import { isDiskFull } from '../../core/disk.ts'
import { NO_MODES } from '../../core/mode.ts'
import { targetIfReadable } from '../../core/readable.ts'
import { isSystemError } from '../../core/system-error.ts'
import { Occupied } from './carry-out.ts'
import { NoFolder } from './folders.ts'
import { NoModes } from './journal.ts'
import type { InstallProblem } from './problem.ts'

/** Whether an error is one of the file system, or says what was met there. */
export const isFailure = (error: unknown): error is Error =>
  error instanceof Occupied || error instanceof NoFolder || error instanceof NoModes || isSystemError(error)

/**
 * What went wrong, of an error for which `isFailure` holds. To be asked while the folders of the call are still open:
 * its path leads through one of them. `root`: whose disk it was that had no room.
 */
export function failureOf(error: Error, root: string): InstallProblem {
  if (error instanceof Occupied)
    return { kind: 'system', code: 'something was put there meanwhile', path: error.path }
  if (error instanceof NoModes) return { kind: 'system', code: NO_MODES, path: root }
  if (error instanceof NoFolder) return { kind: 'no folder', path: error.path }
  const { code = '', path = '', dest } = error as NodeJS.ErrnoException & { readonly dest?: string }
  if (isDiskFull(error)) return { kind: 'disk full', folder: root }
  return { kind: 'system', code, path: plainPath(dest ?? path) }
}

/** A path as a person knows it. */
const plainPath = (path: string): string =>
  path.replace(/^\/proc\/self\/fd\/\d+/, folder => targetIfReadable(folder) ?? '…')
