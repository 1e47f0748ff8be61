import { resolve } from 'node:path'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Command } from './command.ts'
import { prepareSandbox } from './prepare.ts'
import type { BuildProblem } from './problem.ts'
import { removeTree } from './remove.ts'
import { runSandbox } from './sandbox.ts'
import { readSpec, type SandboxSpec } from './spec.ts'
import { makeWork } from './work.ts'

/** A shell, or a command, in the sandbox of a failed build, as that build left it. Answers with its exit status. */
export async function enter(
  command: Command & { kind: 'enter' },
  store: string,
): Promise<Result<number, readonly BuildProblem[]>> {
  const work = resolve(command.folder)
  const spec = readSpec(work)
  return spec
    ? runInside(store, work, spec, command.command)
    : refuse([{ kind: 'no failed build', folder: command.folder }])
}

/** The same in a fresh sandbox, which is gone afterwards. */
export async function open(
  command: Command & { kind: 'open' },
  store: string,
): Promise<Result<number, readonly BuildProblem[]>> {
  const work = makeWork('.', '')
  try {
    const spec = await prepareSandbox(store, work, command)
    return spec.ok ? await runInside(store, work, spec.value, command.command) : spec
  } finally {
    removeTree(work)
  }
}

async function runInside(
  store: string,
  work: string,
  spec: SandboxSpec,
  command: readonly string[],
): Promise<Result<number, readonly BuildProblem[]>> {
  const shell = spec.shell ? '/.shell/sh' : '/bin/sh'
  const ended = await runSandbox(work, spec, {
    store,
    command: command.length > 0 ? command : [shell],
    interactive: true,
  })
  return ended.kind === 'exited'
    ? ok(ended.status)
    : refuse([{ kind: 'no sandbox', label: spec.label, words: 'bwrap said why, above' }])
}
