import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { diskFullMessage, isDiskFull } from '../../core/disk.ts'
import { formatMessage } from '../../core/message.ts'
import { missingProgram } from '../../core/missing.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { storeRoot } from '../../core/store.ts'
import { isSystemError } from '../../core/system-error.ts'
import { build } from './build.ts'
import { type Command, HELP } from './command.ts'
import { enter, open } from './enter.ts'
import { type BuildProblem, buildMessage, exitStatus } from './problem.ts'
import { test } from './test.ts'

const PROGRAM = 'do-build'

/** Carries out a command and says what went wrong; answers with the exit status. */
export async function carryOut(command: Command): Promise<number> {
  try {
    const done = await run(command)
    if (done.ok) return done.value ?? 0
    for (const problem of done.error) say(formatMessage(PROGRAM, buildMessage(problem)))
    return Math.max(...done.error.map(exitStatus))
  } catch (error) {
    if (!isSystemError(error)) throw error
    // A full disk, a missing permission: nothing is half done, and the next run goes on.
    const message = isDiskFull(error)
      ? diskFullMessage('go on', fullFolder(error))
      : { cannot: 'go on', why: error.message }
    say(formatMessage(PROGRAM, message))
    return 2
  }
}

/** A number is the exit status of a command that a person ran inside. */
async function run(command: Command): Promise<Result<number | undefined, readonly BuildProblem[]>> {
  if (command.kind === 'help') {
    process.stdout.write(HELP)
    return ok(undefined)
  }
  const store = storeRoot(process.env)
  if (command.kind !== 'import') {
    const missing = missingProgram('bwrap')
    if (missing) return refuse([{ kind: 'missing', missing }])
    // As in a chroot where nobody has mounted it.
    if (!existsSync('/proc/self/fd')) return refuse([{ kind: 'no proc' }])
  }
  switch (command.kind) {
    case 'build':
      return plain(await build(command, store, readFileSync(0, 'utf8'), say))
    case 'test':
      return plain(await test(command, store, readFileSync(0, 'utf8'), say))
    case 'import': {
      // The only command without a sandbox, and the only one with all of the archive code.
      const { importArchive } = await import('./import.ts')
      return plain(await importArchive(command, store, say))
    }
    case 'enter':
      return enter(command, store)
    case 'open':
      return open(command, store)
  }
}

function plain(result: Result<void, readonly BuildProblem[]>): Result<undefined, readonly BuildProblem[]> {
  return result.ok ? ok(undefined) : result
}

/** Of a copy the second file; of a write, node tells none. */
function fullFolder(error: NodeJS.ErrnoException): string | undefined {
  const file = 'dest' in error && typeof error.dest === 'string' ? error.dest : error.path
  return file === undefined ? undefined : dirname(resolve(file))
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
