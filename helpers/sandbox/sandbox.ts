import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram } from '../../core/missing.ts'
import { hasEnded, isChildless } from '../../core/process.ts'
import { shellWord } from '../../core/shell.ts'
import { sandboxOptions } from './bubblewrap.ts'
import { closeStrays } from './descriptors.ts'
import { deviceFolder } from './devices.ts'
import { joinJobs } from './jobserver.ts'
import { launchCommand, launchScript, residentCommand } from './launcher.ts'
import { opened } from './opened.ts'
import { BuildOutput } from './output.ts'
import { Resident } from './resident.ts'
import { chooseRoot, type Root } from './root.ts'
import { keyringFilter } from './seccomp.ts'
import { storedSkeleton } from './skeleton.ts'
import type { SandboxSpec } from './spec.ts'

/** How a run in the sandbox ended. */
export type Ended =
  | { readonly kind: 'exited'; readonly status: number }
  /** The sandbox never came to be; bwrap's words are in the log. */
  | { readonly kind: 'not started' }

interface RunOptions {
  readonly store: string
  readonly command: readonly string[]
  /** With the person's terminal in place of the log. */
  readonly interactive?: boolean
  /** Shows on stderr too what goes to the log. */
  readonly verbose?: boolean
}

/** The process that is running in a sandbox, for whoever has to end it. */
let running: ChildProcess | undefined

/** Where this process starts one sandbox after the other. */
let resident: Promise<Resident | undefined> | undefined
let open: Resident | undefined

/** Ends what runs in the sandbox, at once and all of it. */
export function killSandbox(): void {
  running?.kill('SIGKILL')
  open?.kill()
}

/** From now on sandboxes are started by a shell that stays, if there can be one that dies with this process. */
export function keepShell(): void {
  closeStrays()
  const command = residentCommand()
  resident = command === undefined ? undefined : Resident.open(command).then(shell => (open = shell))
}

/** Runs a command in the sandbox of `spec`, whose home, destdir, tmp and build.sh lie in `work`. */
export async function runSandbox(work: string, spec: SandboxSpec, options: RunOptions): Promise<Ended> {
  const { front, back } = await storedSkeleton(options.store, spec)
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
  const output = interactive ? undefined : BuildOutput.open(work)
  const jobs = joinJobs(process.env)
  const filter = keyringFilter()
  // What a build inherits comes first; bwrap keeps the others to itself.
  const optionFd = 3 + jobs.fds.length
  const filterFd = filter && optionFd + 1
  const statusFd = (filterFd ?? optionFd) + 1
  const { makeflags } = jobs
  const bwrap = sandboxOptions(work, spec, root, {
    interactive,
    statusFd,
    devices: deviceFolder(options.store),
    ...(filterFd ? { filterFd } : {}),
    ...(makeflags ? { makeflags } : {}),
  })
  const bwrapOptions = opened(work, 'options', bwrap.map(option => `${option}\0`).join(''))
  const fds = [...jobs.fds, bwrapOptions, ...(filter ? [opened(work, 'filter', filter)] : [])]
  output?.begin(join(work, 'log'), verbose)
  try {
    // Of this process the build inherits the umask alone.
    process.umask(0o022)
    const shell = output && (await resident)
    if (output && shell) {
      const script = launchScript(root, work, optionFd, options.command)
      const passed = await shell.run(inShell(output.path, fds, script))
      if (passed === undefined) keepShell()
      else await untilGone(passed.told)
      return passed === undefined ? killed : endedWith(passed.told, passed.status)
    }
    const [program, ...words] = launchCommand(root, work, optionFd, options.command)
    const out = output ? openSync(output.path, 'w') : 'inherit'
    closeStrays()
    running = spawn(program, words, {
      stdio: [interactive ? 'inherit' : 'ignore', out, out, ...fds, 'pipe'],
      env: {},
    })
    if (out !== 'inherit') closeSync(out)
    return await ending(running, statusFd)
  } finally {
    running = undefined
    output?.end()
    for (const fd of fds) closeSync(fd)
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
  await untilGone(told)
  return endedWith(told, signal === null ? 1 : 128 + constants.signals[signal])
}

/**
 * Waits for the end of what a build left running. bwrap ends with its command; the first process in there, which
 * inherits all others and ends them by its own end, only after it, and until then they could write.
 */
async function untilGone(told: string): Promise<void> {
  const first = Number(/"child-pid": (\d+)/.exec(told)?.[1] ?? 0)
  if (first === 0) return
  const deadline = Date.now() + PATIENCE_MS
  // To wait for its end in any case would be to wait for the end of its mounts.
  while (!isChildless(first) && !hasEnded(first) && Date.now() < deadline) await sleep(1)
}

/** Nothing outlives a SIGKILL that long but what the kernel itself is busy with. */
const PATIENCE_MS = 10_000

/** `status` is that of bwrap, as a shell has it; its own are no more than 128. */
function endedWith(told: string, status: number): Ended {
  const code = /"exit-code": (\d+)/.exec(told)?.[1]
  if (code !== undefined) return { kind: 'exited', status: Number(code) }
  return status > 128 ? { kind: 'exited', status } : { kind: 'not started' }
}

const killed: Ended = { kind: 'exited', status: 128 + constants.signals.SIGKILL }

/** What comes before the launcher in a shell that stays: all that a new process would get from this one. */
function inShell(output: string, fds: readonly number[], script: string): string {
  const descriptors = fds.map((fd, at) => `${at + 3}<>/proc/${process.pid}/fd/${fd}`)
  return [
    'umask 022',
    `cd ${shellWord(process.cwd())} || exit`,
    // Not by `exec` without a command: what that opens, mksh gives to no program.
    '{',
    script,
    // Of the descriptors the status comes first, before another one takes its place.
    `} ${fds.length + 3}>&3 ${descriptors.join(' ')} </dev/null >${output} 2>&1`,
  ].join('\n')
}
