import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ok, type Result, refuse } from '../../core/result.ts'
import { type SandboxSpec, writeSpec } from '../sandbox/spec.ts'
import type { Member } from './closure.ts'
import type { Inputs } from './command.ts'
import { copyFiles } from './files.ts'
import type { BuildProblem } from './problem.ts'
import { sourceFiles } from './sources.ts'

/** Gathers what a build's sandbox is made from, and leaves a note of it in the work folder. */
export function prepareSandbox(
  store: string,
  work: string,
  inputs: Inputs,
  members: Result<readonly Member[], readonly BuildProblem[]>,
): Result<SandboxSpec, readonly BuildProblem[]> {
  const sources = inputs.fetch ? sourceFiles(store, inputs.fetch) : ok([])
  const files = inputs.files !== undefined && existsSync(inputs.files)
  const copied = files ? copyFiles(inputs.files ?? '', join(work, 'files')) : ok(undefined)
  if (!members.ok || !sources.ok || !copied.ok) {
    return refuse([members, sources, copied].flatMap(result => (result.ok ? [] : result.error)))
  }
  const spec: SandboxSpec = {
    label: inputs.label,
    trees: members.value.map(member => member.path),
    host: inputs.host,
    sources: sources.value.map(({ file, path }) => ({ file, path })),
    files,
  }
  writeSpec(work, spec)
  return ok(spec)
}
