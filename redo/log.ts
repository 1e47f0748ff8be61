import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Graph } from './graph.ts'
import { legible } from './legible.ts'
import type { Logs } from './logs.ts'
import type { FileName } from './tree.ts'

interface Shown {
  readonly graph: Graph
  readonly logs: Logs
  /** In a recursive log: also what was up to date when the build asked for it. */
  readonly unchanged: boolean
  readonly out: (text: string | Buffer) => void
}

/** Prints what the last build of a target said; false when there was none. */
export async function printLog(
  options: Shown & {
    readonly folder: string
    readonly target: FileName
    /** Also the logs of the builds that it asked for, each once. */
    readonly recursive: boolean
    /** Goes on while the target is being built. */
    readonly follow: boolean
  },
): Promise<boolean> {
  const { logs, target, recursive, out } = options
  if (!logs.has(target)) return false
  if (recursive) {
    printTree(options, target, new Set())
    return true
  }
  let printed = 0
  for (;;) {
    const running = options.follow && isRunning(options.folder, target)
    const bytes = logs.read(target)
    if (bytes.length > printed) out(bytes.subarray(printed))
    printed = bytes.length
    if (!running) return true
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** As it was printed then: what a build asked for stands where it did. */
function printTree(options: Shown, target: FileName, shown: Set<FileName>): void {
  const { graph, logs, unchanged, out } = options
  if (shown.has(target) || !logs.has(target)) return
  shown.add(target)
  out(`redo  ${legible(target)}\n`)
  const bytes = logs.read(target)
  let printed = 0
  for (const inner of logs.inner(target)) {
    out(bytes.subarray(printed, inner.at))
    printed = inner.at
    printTree(options, inner.target, shown)
  }
  if (unchanged) {
    for (const input of graph.find(target)?.making?.inputs ?? []) printTree(options, input.name, shown)
  }
  out(bytes.subarray(printed))
}

/** A run tells the temporary files of its jobs in the order of their numbers, and keeps a file for each that runs. */
function isRunning(folder: string, target: FileName): boolean {
  for (const name of readdirSync(folder)) {
    const begun = join(folder, name, 'begun')
    if (!name.startsWith('run-') || !existsSync(begun)) continue
    const temporary = JSON.stringify(`${target}.redo-${name.slice('run-'.length)}.tmp`)
    const number = readFileSync(begun, 'utf8').split('\n').lastIndexOf(temporary) + 1
    if (number > 0 && existsSync(join(folder, name, `stdout-${number}`))) return true
  }
  return false
}
