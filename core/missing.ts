import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Message } from './message.ts'
import { treeRoot } from './store.ts'

/** A program of the host that is not there, and how this host's distribution installs it. */
export interface Missing {
  readonly program: string
  readonly needed: string
  readonly remedy: string
}

/** What programs are for. */
const NEEDED: Readonly<Record<string, string>> = {
  bwrap: 'run a build in a sandbox',
  xz: 'read a .tar.xz',
}

/** Whether `program` cannot be run; answers with what to tell the person. */
export function missingProgram(program: string, path: string = process.env.PATH ?? ''): Missing | undefined {
  if (findProgram(program, path)) return undefined
  return { program, needed: NEEDED[program] ?? 'go on', remedy: remedyFor(program) }
}

/** Where on PATH a program is. */
export const findProgram = (program: string, path: string = process.env.PATH ?? ''): string | undefined =>
  path
    .split(delimiter)
    .filter(folder => folder.startsWith('/'))
    .map(folder => join(folder, program))
    .find(isExecutable)

export const missingMessage = (missing: Missing): Message => ({
  cannot: missing.needed,
  why: `${missing.program} is not on PATH`,
  remedy: missing.remedy,
})

function isExecutable(file: string): boolean {
  // Most are not there, and an exception takes time.
  if (!existsSync(file)) return false
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The doors know the distributions; so they are asked. A PATH that lacks the program may lack theirs, too. */
function remedyFor(program: string): string {
  const { stdout } = spawnSync(
    '/bin/sh',
    ['-euc', '. "$1"; remedy_for "$2"', 'sh', join(treeRoot(), 'helpers/system.sh'), program],
    { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } },
  )
  return stdout?.trim() || `install ${program}`
}
