import { join } from 'node:path'
import { diskFullMessage, isDiskFull } from '../../../core/disk.ts'
import { quoted } from '../../../core/message.ts'
import { ok, type Result, refuse } from '../../../core/result.ts'
import { storeRoot } from '../../../core/store.ts'
import { systemFault } from '../../../core/system-error.ts'
import { withTrees } from '../../../helpers/built/closure.ts'
import type { Command } from '../../../helpers/venv/command.ts'
import { type Made, makeVenv } from '../../../helpers/venv/make.ts'
import { notes } from '../../../helpers/venv/notes.ts'
import { venvMessage } from '../../../helpers/venv/problem.ts'
import { readVenv } from '../../../helpers/venv/stack.ts'
import { builtClosure } from '../../built-closure.ts'
import { type Refusal, trouble } from '../../output.ts'

export interface MadeVenv {
  readonly made: Made
  /** What starts a command in it. */
  readonly run: string
  /** What a person should know of it. */
  readonly notes: readonly string[]
}

/** Builds what a venv lacks, and makes it, or makes it again as it was asked for. */
export async function makeAsked(
  root: string,
  { folder, jobs, request: asked }: Command & { readonly kind: 'make' },
): Promise<Result<MadeVenv, Refusal>> {
  const known = asked ? undefined : readVenv(folder)
  if (known && !known.ok)
    return refuse(trouble({ ...venvMessage(known.error), remedy: 'name packages: -o DIR PACKAGE...' }))
  const request = asked ?? known?.value.request
  if (!request) return refuse({ status: 2, messages: [] })
  try {
    const members = await builtClosure(root, request.packages, jobs)
    if (!members.ok) return members
    const made = await withTrees(storeRoot(process.env, root), members.value, use =>
      makeVenv(folder, use, request, members.value),
    )
    if (!made.ok)
      return refuse({
        status: made.error.some(one => one.kind === 'tar') ? 2 : 1,
        messages: made.error.map(venvMessage),
      })
    return ok({ made: made.value, run: join(folder, 'bin/venv-run'), notes: notes(made.value, request) })
  } catch (error) {
    const fault = systemFault(error)
    if (!fault) throw error
    return refuse(
      trouble(
        isDiskFull(error)
          ? diskFullMessage('make the venv')
          : { cannot: 'make the venv', why: fault.why, facts: [['path', quoted(fault.path)]] },
      ),
    )
  }
}
