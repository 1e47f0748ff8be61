import { accessSync, constants, existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { isatty } from 'node:tty'
import { SILENCE_MS } from '../core/heartbeat.ts'
import { type Lock, tryLock } from '../core/lock.ts'
import { quoted } from '../core/message.ts'
import { isVisible, type ProcessName } from '../core/process-name.ts'
import { isForbidden } from '../core/system-error.ts'
import { Console } from './console.ts'
import { Forecast } from './forecast.ts'
import { visit } from './guest.ts'
import { Host } from './host.ts'
import { Logs } from './logs.ts'
import type { Message } from './message.ts'
import { flagsOf, type Options } from './options.ts'
import { cleanUpAfterCrash, recordCut, removeRunFolder } from './remains.ts'
import { onSignals, type SignalName } from './signals.ts'
import { State } from './state.ts'
import { writeStderr } from './stderr.ts'
import { Terminal } from './terminal.ts'
import { type Trace, tracesTo } from './trace.ts'
import { findTop, refusalIn, Tree } from './tree.ts'
import { giveUp } from './trouble.ts'
import { isViewUsual, View } from './view.ts'
import { Workshop } from './workshop.ts'

/** One run: takes the lock of the tree, brings the targets up to date, leaves the state in order. */
export async function run(
  options: Options,
  commands: string,
  command: 'redo' | 'redo-ifchange',
  ignored: readonly SignalName[],
): Promise<number> {
  // For a visit: what was asked for, in full.
  const words = [...flagsOf(options), '--', ...options.targets]
  const cwd = realpathSync(process.cwd())
  const tree = new Tree(findTop(cwd, options.targets))
  const targets = options.targets.map(target => tree.name(cwd, target))
  const refusal = refusalIn(tree, targets)
  if (refusal !== undefined) {
    writeStderr(Buffer.from(refusal))
    return 2
  }
  process.chdir(tree.top)
  if (!mayKeepBooks(tree.top)) return 2
  const hasView = options.progress ?? isViewUsual(isatty(2), process.env)
  const terminal = hasView ? new Terminal(writeStderr) : undefined
  const console = new Console(terminal === undefined ? writeStderr : bytes => terminal.write(bytes))
  const traces = tracesTo(console, options)
  const visiting = { folder: join(tree.top, '.redo'), commands, cwd, command, words, ignored } as const
  const lock = await lockTree(console, host => visit({ ...visiting, host }), traces.locks)
  if (typeof lock === 'number') return lock
  const cut = cleanUpAfterCrash('.redo')

  // A script may remove .redo, as `clean` does in many trees: then there are no books to keep, and those that may be there
  // again are of another run.
  const state = State.open('.redo/state', () => lock.isHeld)
  if (state.damage !== undefined) {
    console.line(`redo: cannot use the state in ".redo/state": ${state.damage}; everything is built again`)
  }
  const logs = new Logs(join('.redo', 'log'))
  recordCut(cut, state.graph, logs)
  const runFolder = join('.redo', `run-${process.pid}`)
  const tell = (text: string) => console.line(text)
  const open = (receive: (message: Message) => void) =>
    new Workshop({
      ...options,
      tree,
      folder: runFolder,
      commands,
      ignored,
      receive,
      locks: traces.locks,
      tell,
    })
  const forecast = hasView ? new Forecast(tree, () => State.open('.redo/state').graph) : undefined
  const host = new Host({ tree, state, logs, console, wishes: options, traces, forecast, open })
  const view =
    terminal === undefined || forecast === undefined ? undefined : new View(terminal, forecast, host)
  const signal = onSignals(how => host.stop(how), ignored)
  const fold = () => {
    view?.close()
    console.close()
    terminal?.close()
  }
  const onTrouble = (error: unknown) => stopAndGiveUp(error, host, fold)
  process.once('uncaughtException', onTrouble)
  const ok = await host.bring(targets, command === 'redo').catch(onTrouble)
  host.close()
  fold()
  state.close()
  removeRunFolder(runFolder)
  lock.release()
  traces.locks?.('gave up the lock of the tree')
  const received = signal()
  if (received !== undefined) process.kill(process.pid, received)
  return ok ? 0 : 1
}

/** Makes the folder of the books. False, and said, where the tree may only be read: it is somebody else's. */
function mayKeepBooks(top: string): boolean {
  try {
    // Not recursive: that tells of a disk that is read-only as ENOENT.
    if (!existsSync('.redo')) mkdirSync('.redo')
    accessSync('.redo', constants.W_OK | constants.X_OK)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return true // by another run, meanwhile
    if (!isForbidden(error)) throw error
    const why = `redo: cannot build in ${quoted(top)}: its folder .redo cannot be written (${code})`
    writeStderr(Buffer.from(`${why}\n  build in a tree of your own, such as a clone\n`))
    return false
  }
}

/** The lock, or the exit status of a visit to the run that has it. */
async function lockTree(
  console: Console,
  visit: (host: number) => number | undefined,
  trace: Trace | undefined,
): Promise<Lock | number> {
  for (let waits = 0; ; waits += 1) {
    const lock = tryLock('.redo')
    if (lock.ok) {
      trace?.('took the lock of the tree')
      return lock.value
    }
    const { pid } = lock.error
    if (waits === 0) trace?.(`process ${pid} has the lock of the tree: asking it, or waiting for it`)
    // Coordinator and scripts know each other by process ids, which mean nothing to one in another container.
    const status = isVisible(lock.error) ? visit(pid) : undefined
    if (status !== undefined) return status
    if (waits === 20) console.line(waitingFor(lock.error))
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

function waitingFor(holder: ProcessName): string {
  const told = `redo: waiting for the run of process ${holder.pid} in this tree`
  if (isVisible(holder)) return told
  return `${told}\n  it is in another container; if it was killed there, it is waited for ${SILENCE_MS / 60_000} minutes`
}

/**
 * A run that cannot keep its books, on a full disk say, is over. It leaves things as a crash would, which
 * the next run puts in order; what is on record is right.
 */
function stopAndGiveUp(error: unknown, host: Host, fold: () => void): never {
  host.stop('SIGKILL')
  host.returnTokens()
  fold()
  giveUp(error)
}
