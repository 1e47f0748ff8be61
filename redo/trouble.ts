import { isSystemError } from '../core/system-error.ts'
import { writeStderr } from './stderr.ts'

/** Ends the program over what no part of it could deal with: trouble with the system, or a bug. */
export function giveUp(error: unknown): never {
  writeStderr(Buffer.from(`redo: cannot go on: ${why(error)}\n`))
  process.exit(2)
}

/** What mkfifo(1) said, in English, when it could not make one. */
export class NoFifo extends Error {}

function why(error: unknown): string {
  if (error instanceof NoFifo) {
    const hasNone = /not (permitted|implemented|supported)$/.test(error.message)
    return `${error.message}\n  ${hasNone ? 'the file system has no fifos: the tree has to lie on another one' : WHEN_MENDED}`
  }
  if (!isSystemError(error)) return `this is a bug: ${error instanceof Error ? error.stack : error}`
  if (error.code === 'ENOENT' && /^\.redo(\/|$)/.test(error.path ?? ''))
    return 'the folder .redo was removed, perhaps by a script that cleans up\n  such a script is to be asked for alone'
  return `${error.message}\n  ${WHEN_MENDED}`
}

const WHEN_MENDED = 'what was built is kept; when that is mended, run it again'
