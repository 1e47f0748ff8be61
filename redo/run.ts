import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { Console } from './console.ts'
import { Coordinator } from './coordinator.ts'
import { visit } from './guest.ts'
import { TreeLock } from './lock.ts'
import { Logs } from './logs.ts'
import type { Message } from './message.ts'
import { flagsOf, type Options } from './options.ts'
import { cleanUpAfterCrash, removeRunFolder } from './remains.ts'
import { Store } from './store.ts'
import { findTop, Tree } from './tree.ts'
import { Workshop } from './workshop.ts'

/** One run: takes the lock of the tree, brings the targets up to date, leaves the state in order. */
export async function run(
  options: Options,
  commands: string,
  command: 'redo' | 'redo-ifchange',
): Promise<number> {
  // For a visit: what was asked for, in full.
  const words = [...flagsOf(options), '--', ...options.targets]
  const cwd = realpathSync(process.cwd())
  const tree = new Tree(findTop(cwd))
  process.chdir(tree.top)
  mkdirSync('.redo', { recursive: true })
  const console = new Console()
  const visiting = { folder: join(tree.top, '.redo'), commands, cwd, command, words } as const
  const lock = await takeLock(console, host => visit({ ...visiting, host }))
  if (typeof lock === 'number') return lock
  cleanUpAfterCrash('.redo')

  const store = Store.open('.redo/state')
  if (store.damage !== undefined) {
    console.line(`redo: cannot use the state in ".redo/state": ${store.damage}; everything is built again`)
  }
  const runFolder = join('.redo', `run-${process.pid}`)
  const open = (receive: (message: Message) => void) =>
    new Workshop({ ...options, tree, folder: runFolder, commands, receive })
  const coordinator = new Coordinator({
    tree,
    store,
    logs: new Logs(join('.redo', 'log')),
    console,
    wishes: options,
    open,
  })
  const signal = onSignals(coordinator)
  const targets = options.targets.map(target => tree.name(cwd, target))
  const ok = await coordinator.bring(targets, command === 'redo')
  coordinator.close()
  console.close()
  store.close()
  removeRunFolder(runFolder)
  lock.release()
  const received = signal()
  if (received !== undefined) process.kill(process.pid, received)
  return ok ? 0 : 1
}

/** The lock, or the exit status of a visit to the run that has it. */
async function takeLock(
  console: Console,
  visit: (host: number) => number | undefined,
): Promise<TreeLock | number> {
  for (let waits = 0; ; waits += 1) {
    const lock = TreeLock.take('.redo')
    if (lock instanceof TreeLock) return lock
    const status = visit(lock)
    if (status !== undefined) return status
    if (waits === 20) console.line(`redo: waiting for the run of process ${lock} in this tree`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first signal ends the scripts in good order; the second kills them. */
function onSignals(coordinator: Coordinator): () => NodeJS.Signals | undefined {
  let received: NodeJS.Signals | undefined
  const handler = (signal: NodeJS.Signals) => {
    coordinator.stop(received === undefined ? 'SIGTERM' : 'SIGKILL')
    received ??= signal
  }
  for (const signal of signals) process.on(signal, handler)
  return () => {
    for (const signal of signals) process.off(signal, handler)
    return received
  }
}
