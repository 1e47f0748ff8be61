import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { makeflagsFor } from './jobserver.ts'
import type { Rule } from './rules.ts'
import { type Stamp, stampOf } from './stamp.ts'
import type { Tree } from './tree.ts'

/** How the end of a script is told: an exit status, or the signal that ended it. */
export interface Ending {
  readonly status: number
  readonly signal: NodeJS.Signals | undefined
  /** The script could not even be started. */
  readonly error: Error | undefined
}

export interface Script {
  readonly job: number
  readonly rule: Rule
  /** `$3`, seen from the folder of the rule. */
  readonly temporary: string
  readonly stdout: number
  readonly stderr: number
  /** The fifo that its clients try first. */
  readonly slot: number
  /** The descriptors of the jobserver. */
  readonly pipe: readonly [read: number, write: number]
  /** The log, where its clients expect their stderr to go. */
  readonly log: string
  /** Other variables than those of the run. */
  readonly environment: NodeJS.ProcessEnv | undefined
}

/** Starts scripts, all with the same environment and options. */
export class Starter {
  readonly #tree: Tree
  readonly #environment: NodeJS.ProcessEnv
  readonly #adapt: (inherited: NodeJS.ProcessEnv) => NodeJS.ProcessEnv
  readonly #flags: string
  readonly #interpreters = new Map<string, { readonly stamp: Stamp; readonly command: readonly string[] }>()

  constructor(options: {
    readonly tree: Tree
    readonly environment: NodeJS.ProcessEnv
    /** The folder of the run, and that of the commands. */
    readonly runFolder: string
    readonly commands: string
    readonly verbose: boolean
    readonly trace: boolean
  }) {
    this.#tree = options.tree
    this.#flags = `-e${options.verbose ? 'v' : ''}${options.trace ? 'x' : ''}`
    this.#adapt = inherited => {
      const { CDPATH: _, REDO_NODE_EXTRA_CA_CERTS: certificates, ...kept } = inherited
      return {
        ...kept,
        ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }),
        PATH: withFirst(options.commands, inherited.PATH ?? '/usr/local/bin:/usr/bin:/bin'),
        MAKEFLAGS: makeflagsFor(inherited.MAKEFLAGS ?? '', ...jobPipePlace),
        REDO_RUN: options.runFolder,
        REDO_PID: String(process.pid),
      }
    }
    this.#environment = this.#adapt(options.environment)
  }

  start(script: Script, ended: (ending: Ending) => void): ChildProcess {
    const { rule } = script
    const cwd = this.#tree.absolute(rule.folder)
    const [program = 'sh', ...words] = this.#interpreter(rule)
    const doFile = basename(rule.doFile)
    const args = [
      ...words,
      doFile.startsWith('-') ? `./${doFile}` : doFile,
      rule.target,
      rule.stem,
      script.temporary,
    ]
    const child = spawn(program, args, {
      cwd,
      // A group of its own: so all that it started can be ended with it.
      detached: true,
      stdio: stdio(script),
      env: {
        ...(script.environment === undefined ? this.#environment : this.#adapt(script.environment)),
        PWD: cwd,
        REDO_JOB: String(script.job),
        REDO_SLOT: String(script.slot),
        REDO_TARGET: rule.target,
        REDO_LOG: script.log,
      },
    })
    child.once('error', error => ended({ status: 127, signal: undefined, error }))
    child.once('exit', (status, signal) =>
      ended({ status: status ?? 1, signal: signal ?? undefined, error: undefined }),
    )
    return child
  }

  /** `sh -e`, or what the first line of the `.do` says. */
  #interpreter(rule: Rule): readonly string[] {
    const stamp = stampOf(rule.doFile)
    const known = this.#interpreters.get(rule.doFile)
    if (known?.stamp === stamp) return known.command
    const first = firstLine(rule.doFile)
    const command = first.startsWith('#!/') ? first.slice(2).trim().split(/\s+/) : ['sh', this.#flags]
    this.#interpreters.set(rule.doFile, { stamp, command })
    return command
  }
}

/** Where jobs find the pipe of the jobserver: beyond the descriptors that a script can name. */
const jobPipePlace = [100, 101] as const

function stdio(script: Script): ('ignore' | number)[] {
  const [read, write] = jobPipePlace
  const all: ('ignore' | number)[] = Array(write + 1).fill('ignore')
  all[1] = script.stdout
  all[2] = script.stderr
  all[read] = script.pipe[0]
  all[write] = script.pipe[1]
  return all
}

function firstLine(path: string): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(256)
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0)).split('\n')[0] ?? ''
  } finally {
    closeSync(file)
  }
}

function withFirst(folder: string, path: string): string {
  return [folder, ...path.split(':').filter(one => one !== folder)].join(':')
}
