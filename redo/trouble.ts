import { writeStderr } from './stderr.ts'

/** Ends the program over what no part of it could deal with: trouble with the system, or a bug. */
export function giveUp(error: unknown): never {
  const text = isOfSystem(error)
    ? `cannot go on: ${error.message}\n  what was built is kept; when that is mended, run it again`
    : `cannot go on: this is a bug: ${error instanceof Error ? error.stack : error}`
  writeStderr(Buffer.from(`redo: ${text}\n`))
  process.exit(2)
}

function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined
}
