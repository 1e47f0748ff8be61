import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { makeflagsFor } from '../core/makeflags.ts'
import { type Ending, Executors, type Inherited, spawnScript } from './executor.ts'
import type { Mailbox } from './mailbox.ts'
import { wantsOwnShell } from './own-shell.ts'
import type { Rule } from './rules.ts'
import { ignoring, type SignalName } from './signals.ts'
import type { Stamp } from './stamp.ts'
import type { Tree } from './tree.ts'

interface Script {
  readonly job: number
  readonly rule: Rule
  /** How the `.do` looks. */
  readonly ruleStamp: Stamp
  /** `$3`, seen from the folder of the rule. */
  readonly temporary: string
  /** The file for its stdout, which does not exist yet, and the open file for its stderr. */
  readonly stdout: string
  readonly stderr: number
  /** The fifo that its clients try first. */
  readonly slot: number
  /** The descriptors of the jobserver. */
  readonly pipe: readonly [read: number, write: number]
  /** The log, where its clients expect their stderr to go. */
  readonly log: string
  /** Other variables than those of the run. */
  readonly environment: NodeJS.ProcessEnv | undefined
  /** Other options of sh than those of the run. */
  readonly flags: string | undefined
}

/** What a plain sh is started with. */
export function flagsOfShell({
  verbose,
  trace,
}: {
  readonly verbose: boolean
  readonly trace: boolean
}): string {
  return `-e${verbose ? 'v' : ''}${trace ? 'x' : ''}`
}

/**
 * Starts scripts, all with the same environment and options. Those for a plain `sh -e` run in shells
 * that stay, see executor.ts; the others are programs of their own.
 */
export class Starter {
  readonly #tree: Tree
  readonly #environment: NodeJS.ProcessEnv
  readonly #adapt: (inherited: NodeJS.ProcessEnv) => NodeJS.ProcessEnv
  readonly #flags: string
  readonly #ignored: readonly SignalName[]
  readonly #executors: Executors
  readonly #residentPipe: readonly [number, number]
  readonly #texts = new Map<string, Text>()

  constructor(options: {
    readonly tree: Tree
    readonly environment: NodeJS.ProcessEnv
    /** The folder of the run, and that of the commands. */
    readonly runFolder: string
    readonly commands: string
    readonly verbose: boolean
    readonly trace: boolean
    /** The signals that the run ignores. Its scripts ignore them too, except SIGTERM, by which it ends them. */
    readonly ignored: readonly SignalName[]
    /** The jobserver of the scripts that run in shells that stay. */
    readonly pipe: readonly [read: number, write: number]
    readonly mailbox: Mailbox
    /** Where those shells ask, and say that a script has ended: a fifo of the mailbox, open for writing. */
    readonly ask: number
  }) {
    this.#tree = options.tree
    this.#flags = flagsOfShell(options)
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
    this.#residentPipe = options.pipe
    this.#ignored = options.ignored.filter(name => name !== 'TERM')
    this.#executors = new Executors({
      ...options,
      ignored: this.#ignored,
      environment: { ...this.#environment, REDO_COMMANDS: options.commands, REDO_EXPORTS: '' },
      stdio: stdioWith(options.pipe),
    })
  }

  /** A script that cannot be read or started has ended at once, and is no process. */
  start(script: Script, ended: (ending: Ending) => void): ChildProcess | undefined {
    const isUsual = script.environment === undefined && script.pipe === this.#residentPipe
    const { flags = this.#flags } = script
    let errexit: '-e' | '+e'
    try {
      const { interpreter, resident, exports } = this.#textOf(script)
      if (!resident || !isUsual || flags !== '-e')
        return this.#asProgram(interpreter ?? ['sh', flags], exports, script, ended)
      errexit = interpreter?.length === 1 ? '+e' : '-e'
    } catch (error) {
      ended({ status: 127, signal: undefined, error: error as Error })
      return undefined
    }
    return this.#inExecutor(script, errexit, ended)
  }

  /** One of the shells that stay says that its script has ended. */
  ended(slot: number, status: number): void {
    this.#executors.ended(slot, status)
  }

  #inExecutor(script: Script, errexit: '-e' | '+e', ended: (ending: Ending) => void): ChildProcess {
    const { rule, temporary, stdout, log, job, slot } = script
    const folder = this.#tree.absolute(rule.folder)
    const doFile = basename(rule.doFile)
    const call = [
      folder,
      doFile,
      rule.target,
      rule.stem,
      temporary,
      stdout,
      log,
      `${job}`,
      `${slot}`,
      errexit,
    ] as const
    return this.#executors.run(call, ended)
  }

  #asProgram(
    [program = 'sh', ...words]: readonly string[],
    exports: boolean,
    script: Script,
    ended: (ending: Ending) => void,
  ): ChildProcess {
    const { rule } = script
    const cwd = this.#tree.absolute(rule.folder)
    const doFile = basename(rule.doFile)
    const file = doFile.startsWith('-') ? `./${doFile}` : doFile
    const stdio = stdioWith(script.pipe)
    stdio[2] = script.stderr
    const call = [program, ...words, file, rule.target, rule.stem, script.temporary] as const
    const [first, ...rest] = ignoring(this.#ignored, call)
    const env = {
      ...(script.environment === undefined ? this.#environment : this.#adapt(script.environment)),
      PWD: cwd,
      REDO_JOB: String(script.job),
      REDO_SLOT: String(script.slot),
      REDO_TARGET: rule.target,
      REDO_LOG: script.log,
      REDO_EXPORTS: exports ? 'own' : '',
    }
    const stdout = openSync(script.stdout, 'ax')
    try {
      stdio[1] = stdout
      // A group of its own: so all that it started can be ended with it.
      const child = spawnScript(first, rest, { cwd, detached: true, stdio, env })
      child.once('error', error => ended({ status: 127, signal: undefined, error }))
      child.once('exit', (status, signal) =>
        ended({ status: status ?? 1, signal: signal ?? undefined, error: undefined }),
      )
      return child
    } finally {
      closeSync(stdout)
    }
  }

  #textOf({ rule, ruleStamp: stamp }: Script): Text {
    const known = this.#texts.get(rule.doFile)
    if (known?.stamp === stamp) return known
    const text = readFileSync(rule.doFile, 'utf8')
    // The kernel takes blanks before the name, too.
    const first = /^#![ \t]*(\/[^\n]*)\n/.exec(text)?.[1]
    const interpreter = first?.trim().split(/\s+/)
    const { isWanted, exports, isEarly } = wantsOwnShell(text, this.#tree.absolute(rule.folder))
    const isPlain = isPlainSh(interpreter)
    const found = { stamp, interpreter, resident: isPlain && !isWanted, exports: exports || !isPlain }
    if (!isEarly) this.#texts.set(rule.doFile, found)
    return found
  }
}

/** What matters of the text of a `.do`. */
interface Text {
  readonly stamp: Stamp
  /** What the first line says. */
  readonly interpreter: readonly string[] | undefined
  /** It is for a plain `sh`, and does not mind which process that is. */
  readonly resident: boolean
  /** What it asks for is to see its environment. Of a program in another language nobody knows. */
  readonly exports: boolean
}

function isPlainSh(interpreter: readonly string[] | undefined): boolean {
  return interpreter === undefined || ['/bin/sh', '/bin/sh -e'].includes(interpreter.join(' '))
}

/** Where jobs find the pipe of the jobserver: beyond the descriptors that a script can name. */
const jobPipePlace = [100, 101] as const

function stdioWith(pipe: readonly [number, number]): Inherited[] {
  const [read, write] = jobPipePlace
  const all: Inherited[] = Array(write + 1).fill('ignore')
  all[read] = pipe[0]
  all[write] = pipe[1]
  return all
}

function withFirst(folder: string, path: string): string {
  return [folder, ...path.split(':').filter(one => one !== folder)].join(':')
}
