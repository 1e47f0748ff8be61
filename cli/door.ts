import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { quoted } from '../core/message.ts'
import { treeRoot } from '../core/store.ts'
import { requireTree } from './find.ts'
import { complain, trouble } from './output.ts'

/** Runs a program of the tree's bin/ in place of this one; answers its exit status. */
export async function runDoor(
  root: string,
  door: string,
  args: readonly string[],
  output: 'as it is' | 'to stderr' = 'as it is',
  cwd?: string,
): Promise<number> {
  const path = join(root, 'bin', door)
  if (!existsSync(path)) {
    return complain(trouble({ cannot: `run ${door}`, why: `the tree ${quoted(root)} has no bin/${door}` }))
  }
  return follow(path, args, output, cwd)
}

/** Runs the generator on the tree, exactly as `coolports-gen` does. */
export async function runGenerator(root: string, args: readonly string[] = []): Promise<number> {
  const tree = requireTree(root)
  if (!tree.ok) return complain(tree.error)
  return follow(process.execPath, [join(treeRoot(), 'dist/gen.js'), '--root', root, ...args], 'as it is')
}

/**
 * Emits what changed, then brings targets up to date; says nothing on stdout. The rules of what was refused refuse to be
 * run, and stop those alone who need them.
 */
export async function bringUpToDate(root: string, targets: readonly string[], jobs = 1): Promise<number> {
  const generated = await runGenerator(root)
  return generated <= 1 ? runRedo(root, targets, jobs) : generated
}

/**
 * The same by the rules that are there. In the tree, whose books redo is to keep: from another folder it would keep
 * others there, and what it has made would be sources to everybody else.
 */
export const runRedo = (root: string, targets: readonly string[], jobs: number): Promise<number> =>
  runDoor(root, 'do', [`-j${jobs}`, ...targets], 'to stderr', root)

function follow(
  program: string,
  args: readonly string[],
  output: 'as it is' | 'to stderr',
  cwd?: string,
): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(program, args, {
      stdio: output === 'as it is' ? 'inherit' : ['ignore', 2, 2],
      ...(cwd === undefined ? {} : { cwd }),
    })
    // A terminal interrupts both; the child ends first and cleans up, then this program ends.
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    const pass = (signal: NodeJS.Signals): void => {
      if (signal !== 'SIGINT') child.kill(signal)
    }
    for (const signal of signals) process.on(signal, pass)
    const finish = (status: number): void => {
      for (const signal of signals) process.off(signal, pass)
      resolve(status)
    }
    child.on('error', error => {
      finish(complain(trouble({ cannot: `run ${quoted(program)}`, why: error.message })))
    })
    child.on('exit', (status, signal) => {
      finish(status ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}
