import { existsSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { isSha256 } from '../../core/digest.ts'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { runSandbox } from '../sandbox/sandbox.ts'
import { readSpec, type SandboxSpec } from '../sandbox/spec.ts'
import { type StoreUse, useStore } from '../store/use.ts'
import { closureTrees } from './closure.ts'
import type { Command } from './command.ts'
import { prepareSandbox } from './prepare.ts'
import type { BuildProblem } from './problem.ts'
import { namedSources } from './sources.ts'
import { makeWork } from './work.ts'

/** A shell, or a command, in the sandbox of a failed build, as that build left it. Answers with its exit status. */
export async function enter(
  command: Command & { kind: 'enter' },
  store: string,
): Promise<Result<number, readonly BuildProblem[]>> {
  const work = resolve(command.folder)
  const spec = readSpec(work)
  if (spec === undefined) return refuse([{ kind: 'no failed build', folder: command.folder }])
  return useStore(store, async use => {
    await use.need({
      trees: spec.trees.map(path => basename(path)).filter(isSha256),
      distfiles: spec.sources.map(({ path }) => basename(path)).filter(isSha256),
    })
    const gone = spec.trees.filter(path => !existsSync(path))
    if (gone.length > 0) return refuse([{ kind: 'no trees', label: spec.label, paths: gone }])
    return runInside(store, work, spec, command.command)
  })
}

/** The same in a fresh sandbox, which is gone afterwards. */
export const open = (
  command: Command & { kind: 'open' },
  store: string,
): Promise<Result<number, readonly BuildProblem[]>> => useStore(store, use => openUsing(use, command))

async function openUsing(
  use: StoreUse,
  command: Command & { kind: 'open' },
): Promise<Result<number, readonly BuildProblem[]>> {
  const { store } = use
  if (command.fetch !== undefined) await use.need({ distfiles: namedSources(store, command.fetch) })
  const members = await closureTrees(use, command.closures)
  const work = makeWork('')
  try {
    const spec = prepareSandbox(store, work, command, members)
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
    // Started by the shell, which tells of a command that is not there, as bwrap tells of a sandbox that is not.
    command: command.length > 0 ? [shell, '-c', 'exec "$@"', 'sh', ...command] : [shell],
    interactive: true,
  })
  return ended.kind === 'exited'
    ? ok(ended.status)
    : refuse([{ kind: 'no sandbox', label: spec.label, words: 'bwrap said why, above' }])
}
