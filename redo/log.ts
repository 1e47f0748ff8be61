import { statSync } from 'node:fs'
import { join } from 'node:path'
import { legible } from '../core/legible.ts'
import { lockHolder } from '../core/lock.ts'
import { type Begun, begunIn, isRunning } from './begun.ts'
import { resumed } from './console.ts'
import type { Graph } from './graph.ts'
import type { Logs } from './logs.ts'
import type { FileName } from './tree.ts'

interface Shown {
  /** `.redo`, with the folders of runs. */
  readonly folder: string
  readonly graph: Graph
  readonly logs: Logs
  /** Also the logs of the builds that were asked for, each once. */
  readonly recursive: boolean
  /** In a recursive log: also what was up to date when the build asked for it. */
  readonly unchanged: boolean
  /** Goes on while there are builds under way. */
  readonly follow: boolean
  readonly out: (text: string | Buffer) => void
}

/**
 * Prints what the last build of a target said, as it was printed then: what the build asked for stands where it did.
 * False when there was none.
 */
export async function printLog(options: Shown, target: FileName): Promise<boolean> {
  if (!options.logs.has(target)) return false
  const shown = new Set([target])
  const page = new Page(options.out)
  const builds = new Builds(options.folder)
  // A list and not a recursion, as chains may be long.
  const open = [printOne(options, page, builds, target)]
  for (let log = open.at(-1); log !== undefined; log = open.at(-1)) {
    const { value: inner, done } = await log.next()
    if (done) open.pop()
    else if (!shown.has(inner) && options.logs.has(inner)) {
      shown.add(inner)
      open.push(printOne(options, page, builds, inner))
    }
  }
  return true
}

/** What is printed; a heading stands on a line of its own. */
class Page {
  readonly #out: Shown['out']
  #isWithinLine = false
  /** Whose heading or words stand last. */
  #speaker: FileName | undefined

  constructor(out: Shown['out']) {
    this.#out = out
  }

  begin(target: FileName, hasHeading: boolean): void {
    if (hasHeading) this.#heading(legible(target))
    this.#speaker = target
  }

  add(target: FileName, bytes: Buffer): void {
    const again = this.#speaker === target ? undefined : resumed(target, bytes)
    if (again !== undefined) this.#heading(again)
    this.#speaker = target
    this.#out(bytes)
    this.#isWithinLine = bytes.at(-1) !== NEWLINE
  }

  #heading(text: string): void {
    this.#out(`${this.#isWithinLine ? '\n' : ''}redo  ${text}\n`)
    this.#isWithinLine = false
  }
}

const NEWLINE = 10

/** Prints one log, and yields each target whose log belongs at the place that it has come to. */
async function* printOne(
  { graph, logs, recursive, unchanged, follow }: Shown,
  page: Page,
  builds: Builds,
  target: FileName,
): AsyncGenerator<FileName, void> {
  page.begin(target, recursive)
  let printed = 0
  let entered = 0
  for (;;) {
    // Asked in this order: so nothing is missed of what is said last, and the log is as long as its places tell.
    const running = follow && builds.has(target)
    const places = recursive ? logs.inner(target) : []
    const bytes = logs.read(target)
    const printTo = (end: number): void => {
      if (end > printed) page.add(target, bytes.subarray(printed, end))
      printed = end
    }
    for (const inner of places.slice(entered)) {
      printTo(inner.at)
      yield inner.target
    }
    entered = places.length
    if (!running && recursive && unchanged)
      for (const input of graph.find(target)?.making?.inputs ?? []) yield input.name
    printTo(bytes.length)
    if (!running) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

/** What is built now, by the books of the run that has the lock: one that was killed goes on saying so. */
class Builds {
  readonly #folder: string
  #read = { run: '', size: -1 }
  #last: ReadonlyMap<FileName, Begun> = new Map()

  constructor(folder: string) {
    this.#folder = folder
  }

  has(target: FileName): boolean {
    const holder = lockHolder(this.#folder)
    if (holder === undefined) return false
    const run = join(this.#folder, `run-${holder.pid}`)
    const size = statSync(join(run, 'begun'), { throwIfNoEntry: false })?.size ?? -1
    if (this.#read.run !== run || this.#read.size !== size) {
      this.#last = new Map(begunIn(run).map(begun => [begun.target, begun]))
      this.#read = { run, size }
    }
    const begun = this.#last.get(target)
    return begun !== undefined && isRunning(run, begun)
  }
}
