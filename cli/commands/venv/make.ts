import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { diskFullMessage, isDiskFull } from '../../../core/disk.ts'
import { type Message, quoted } from '../../../core/message.ts'
import { ok, type Result, refuse } from '../../../core/result.ts'
import { storeRoot } from '../../../core/store.ts'
import { systemFault } from '../../../core/system-error.ts'
import { packageClosure, withTrees } from '../../../helpers/built/closure.ts'
import type { Command } from '../../../helpers/venv/command.ts'
import { type Made, makeVenv } from '../../../helpers/venv/make.ts'
import { notes } from '../../../helpers/venv/notes.ts'
import { venvMessage } from '../../../helpers/venv/problem.ts'
import { readVenv } from '../../../helpers/venv/stack.ts'
import { bringPackages } from '../../bring-packages.ts'

/** Why a venv was not made; a build that failed has said so itself. */
export interface NotMade {
  readonly status: number
  readonly messages: readonly Message[]
}

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
): Promise<Result<MadeVenv, NotMade>> {
  const known = asked ? undefined : readVenv(folder)
  if (known && !known.ok)
    return no(2, [{ ...venvMessage(known.error), remedy: 'name packages: -o DIR PACKAGE...' }])
  const request = asked ?? known?.value.request
  if (!request) return no(2, [])

  const unknown = request.packages.filter(name => !existsSync(join(root, 'pkg', name, 'package.ts')))
  if (unknown.length > 0)
    return no(
      1,
      unknown.map(name => ({
        cannot: `find the package ${quoted(name)}`,
        why: `there is no pkg/${name}/package.ts`,
      })),
    )
  try {
    const built = await bringPackages(root, request.packages, jobs)
    if (built !== 0) return no(built, [])
    const members = packageClosure(root, request.packages)
    if (!members.ok) return no(1, members.error)
    const made = await withTrees(storeRoot(process.env, root), members.value, use =>
      makeVenv(folder, use, request, members.value),
    )
    if (!made.ok) return no(made.error.some(one => one.kind === 'tar') ? 2 : 1, made.error.map(venvMessage))
    return ok({ made: made.value, run: join(folder, 'bin/venv-run'), notes: notes(made.value, request) })
  } catch (error) {
    const fault = systemFault(error)
    if (!fault) throw error
    return no(2, [
      isDiskFull(error)
        ? diskFullMessage('make the venv')
        : { cannot: 'make the venv', why: fault.why, facts: [['path', quoted(fault.path)]] },
    ])
  }
}

const no = (status: number, messages: readonly Message[]): Result<never, NotMade> =>
  refuse({ status, messages })
