import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { sandboxOptions } from './bubblewrap.ts'
import { closeStrays } from './descriptors.ts'
import { followLog } from './follow.ts'
import { joinJobs } from './jobserver.ts'
import { launchCommand } from './launcher.ts'
import { findProgram } from './missing.ts'
import { chooseRoot, type Root } from './root.ts'
import { storedSkeleton } from './skeleton.ts'
import type { SandboxSpec } from './spec.ts'

/** How a run in the sandbox ended. */
export type Ended =
  | { readonly kind: 'exited'; readonly status: number }
  /** The sandbox never came to be; bwrap's words are in the log. */
  | { readonly kind: 'not started' }

export interface RunOptions {
  readonly store: string
  readonly command: readonly string[]
  /** With the person's terminal in place of the log. */
  readonly interactive?: boolean
  /** Shows on stderr too what goes to the log. */
  readonly verbose?: boolean
}

/** The process that is running in a sandbox, for whoever has to end it. */
let running: ChildProcess | undefined

/** Ends what runs in the sandbox, at once and all of it. */
export const killSandbox = (): void => void running?.kill('SIGKILL')

/** Runs a command in the sandbox of `spec`, whose home, destdir, tmp and build.sh lie in `work`. */
export async function runSandbox(work: string, spec: SandboxSpec, options: RunOptions): Promise<Ended> {
  const { front, back } = storedSkeleton(options.store, spec)
  // Packages of equal content have one tree, which an overlay does not take twice.
  const trees = [...new Set(spec.trees)]
  const layers = [front, ...trees, back]
  const choose = (overlay: boolean): Root => chooseRoot(work, layers, overlay, trees.length)
  const root = choose(canOverlay())
  const ended = await launch(work, spec, root, options)
  return overlayFailed(work, root, ended) ? await launch(work, spec, choose(false), options) : ended
}

const canOverlay = (): boolean => ['unshare', 'mount'].every(program => findProgram(program) !== undefined)

const overlayFailed = (work: string, root: Root, ended: Ended): boolean =>
  root.kind === 'overlay' && ended.kind === 'not started' && !existsSync(join(work, 'mounted'))

async function launch(work: string, spec: SandboxSpec, root: Root, options: RunOptions): Promise<Ended> {
  const { interactive = false, verbose = false } = options
  const jobs = joinJobs(process.env)
  // What a build inherits comes first; bwrap keeps the other two to itself.
  const optionFd = 3 + jobs.fds.length
  const statusFd = optionFd + 1
  const { makeflags } = jobs
  const bwrap = sandboxOptions(work, spec, root, {
    interactive,
    statusFd,
    ...(makeflags ? { makeflags } : {}),
  })
  const bwrapOptions = optionFile(work, bwrap)
  const log = interactive ? undefined : openSync(join(work, 'log'), 'w', 0o644)
  const shown = verbose && log !== undefined ? followLog(join(work, 'log')) : undefined
  closeStrays()
  try {
    // Of this process the build inherits the umask alone.
    process.umask(0o022)
    const [program, ...words] = launchCommand(root, work, optionFd, options.command)
    const output = log ?? 'inherit'
    running = spawn(program, words, {
      stdio: [interactive ? 'inherit' : 'ignore', output, output, ...jobs.fds, bwrapOptions, 'pipe'],
      env: {},
    })
    return await ending(running, statusFd)
  } finally {
    running = undefined
    shown?.stop()
    for (const fd of [...jobs.fds, bwrapOptions, ...(log === undefined ? [] : [log])]) closeSync(fd)
  }
}

/** bwrap tells the exit code of its command when that did run, and only then. */
async function ending(child: ChildProcess, statusFd: number): Promise<Ended> {
  let told = ''
  const status = (child.stdio as readonly unknown[])[statusFd] as Readable | undefined
  status?.setEncoding('utf8').on('data', text => {
    told += text
  })
  const signal = await new Promise<NodeJS.Signals | null>(resolve => {
    child.once('error', () => resolve(null))
    child.once('close', (_, signal) => resolve(signal))
  })
  if (signal) return { kind: 'exited', status: 128 + constants.signals[signal] }
  const code = /"exit-code": (\d+)/.exec(told)?.[1]
  return code === undefined ? { kind: 'not started' } : { kind: 'exited', status: Number(code) }
}

/** The options as bwrap's --args wants them: each ended by a NUL. */
function optionFile(work: string, options: readonly string[]): number {
  const file = join(work, 'options')
  writeFileSync(file, options.map(option => `${option}\0`).join(''))
  return openSync(file, 'r')
}
