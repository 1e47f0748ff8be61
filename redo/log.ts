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
    printTree(options, target)
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

/**
 * As it was printed then: what a build asked for stands where it did, and each log once. A list and not a recursion,
 * as chains may be long.
 */
function printTree(options: Shown, root: FileName): void {
  const shown = new Set([root])
  const open = [printOne(options, root)]
  for (let log = open.at(-1); log !== undefined; log = open.at(-1)) {
    const { value: inner, done } = log.next()
    if (done) open.pop()
    else if (!shown.has(inner) && options.logs.has(inner)) {
      shown.add(inner)
      open.push(printOne(options, inner))
    }
  }
}

/** Prints one log, and yields each target whose log belongs at the place that it has come to. */
function* printOne({ graph, logs, unchanged, out }: Shown, target: FileName): Generator<FileName, void> {
  out(`redo  ${legible(target)}\n`)
  const bytes = logs.read(target)
  let printed = 0
  for (const inner of logs.inner(target)) {
    out(bytes.subarray(printed, inner.at))
    printed = inner.at
    yield inner.target
  }
  if (unchanged) for (const input of graph.find(target)?.making?.inputs ?? []) yield input.name
  out(bytes.subarray(printed))
}

/** A run lists the temporary file of its Nth job in line N of `begun`, and has a file `stdout-N` while that one runs. */
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
