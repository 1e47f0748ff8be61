import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { removeTree } from '../../core/remove.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { runSandbox } from '../sandbox/sandbox.ts'
import { type SandboxSpec, writeSpec } from '../sandbox/spec.ts'
import { moveFile } from '../store/move.ts'
import { unpackedTree } from '../store/trees.ts'
import { type StoreUse, useStore } from '../store/use.ts'
import { closureTrees, type Member } from './closure.ts'
import type { Command } from './command.ts'
import { sandboxProblem } from './failure.ts'
import type { BuildProblem } from './problem.ts'
import { makeWork, removeWork } from './work.ts'

/**
 * Tests a finished package in a sandbox that holds its closure and nothing else. The shell that
 * reads the script lies off PATH, so a package that needs a shell of its own is found out.
 */
export const test = (
  command: Command & { kind: 'test' },
  store: string,
  script: string,
  say: (line: string) => void,
): Promise<Result<void, readonly BuildProblem[]>> =>
  useStore(store, use => testUsing(use, command, script, say))

async function testUsing(
  use: StoreUse,
  command: Command & { kind: 'test' },
  script: string,
  say: (line: string) => void,
): Promise<Result<void, readonly BuildProblem[]>> {
  const { label, verbose } = command
  const members = await closureTrees(use, command.closures)
  const shell = await privateShell(use, command.shell)
  if (!members.ok || !shell.ok) {
    return refuse([...(members.ok ? [] : members.error), ...(shell.ok ? [] : [shell.error])])
  }
  const work = makeWork(script)
  const spec: SandboxSpec = {
    label,
    trees: members.value.map(member => member.path),
    host: [],
    sources: [],
    files: false,
    shell: shell.value,
  }
  try {
    writeSpec(work, spec)
    const ended = await runSandbox(work, spec, {
      store: use.store,
      command: ['/.shell/sh', '-eu', '/build.sh'],
      verbose,
    })
    const problem = sandboxProblem(ended, { label, action: 'test', work, verbose }, say)
    if (problem) return refuse([problem])
    const report = join(work, 'report')
    writeFileSync(report, testReport(label, members.value))
    moveFile(report, command.out)
  } catch (error) {
    removeTree(work)
    throw error
  }
  removeWork(work)
  say(`tested ${label}`)
  return ok(undefined)
}

/** A recutils record, so that programs can read it too. */
const testReport = (label: string, members: readonly Member[]): string =>
  [
    `package: ${label}`,
    ...members.map(({ file, digest }) => `tested: ${digest} ${file}`),
    'result: ok',
    '',
  ].join('\n')

/** The file behind the /bin/sh of a package, whichever symlinks lead to it inside of the package. */
async function privateShell(use: StoreUse, file: string): Promise<Result<string, BuildProblem>> {
  if (!existsSync(file)) return refuse({ kind: 'not built', list: '--shell', file })
  const tree = await unpackedTree(use, file)
  if (!tree.ok) return refuse({ kind: 'tar', action: 'unpack', thing: file, problem: tree.error })
  const root = realpathSync(resolve(tree.value.path))
  const link = join(root, 'bin/sh')
  const shell = existsSync(link) ? realpathSync(link) : undefined
  return shell?.startsWith(root + sep) ? ok(shell) : refuse({ kind: 'no shell', file })
}
