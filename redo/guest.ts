import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ignoring, type SignalName } from './signals.ts'

/**
 * A second run in a tree is a guest of the first: it asks the coordinator there, as a script would. It
 * has its own jobs, environment and output. In place of the number of a job it gives its process id,
 * negative, by which the coordinator knows when it is gone. The result is undefined when there is nobody to ask, or
 * nobody any more.
 */
export function visit(options: {
  readonly folder: string
  readonly host: number
  readonly commands: string
  readonly cwd: string
  readonly command: 'redo' | 'redo-ifchange'
  readonly words: readonly string[]
  readonly ignored: readonly SignalName[]
}): number | undefined {
  const runFolder = join(options.folder, `run-${options.host}`)
  if (!isOpen(runFolder)) return undefined
  const client = [join(options.commands, options.command), ...options.words] as const
  const [program, ...words] = ignoring(options.ignored, client)
  const { status } = spawnSync(program, words, {
    cwd: options.cwd,
    stdio: 'inherit',
    env: {
      ...process.env,
      PWD: options.cwd,
      REDO_RUN: runFolder,
      REDO_JOB: String(-process.pid),
      REDO_SLOT: '0',
      REDO_LOG: '',
      REDO_PID: String(options.host),
    },
  })
  // 2 may be the end of a shell that found the fifos gone between two looks at them.
  const isGone = status === 75 || status === null || (status === 2 && !isOpen(runFolder))
  return isGone ? undefined : status
}

function isOpen(runFolder: string): boolean {
  try {
    return readdirSync(runFolder).includes('begun')
  } catch {
    return false
  }
}
