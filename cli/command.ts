import type { Argv } from 'yargs'

/** What every command is told. */
export interface Common {
  /** The tree of packages, an absolute path. */
  readonly tree: string
}

/** One command of `coolports`. */
export interface Command {
  readonly name: string
  /** Words called `package` or `packages` are packages: completion goes by that. */
  readonly usage: string
  /** Options whose values are packages: completion goes by that, too. */
  readonly packageOptions?: readonly string[] | undefined
  /** Makes yargs know its options. */
  readonly options?: (yargs: Argv<Common>) => Argv<Common>
  /** Of a group: the commands that its name stands before. */
  readonly commands?: readonly Command[]
  /**
   * Makes yargs know it. `choose` gets what is to be run when it is the command that was asked for:
   * yargs itself would run it even after a misuse. `behind` are the words before its own.
   */
  readonly register: (yargs: Argv<Common>, choose: Choose, behind?: string) => void
}

type Choose = (work: () => Promise<number>) => void

interface Definition<Args extends Common> {
  /** As it stands behind `coolports`: the name, then its words. */
  readonly usage: string
  /** One line for the list of commands. */
  readonly about: string
  /** More of its help, below the first line. */
  readonly details?: string
  readonly examples: readonly (readonly [command: string, what: string])[]
  readonly options: (yargs: Argv<Common>) => Argv<Args>
  readonly packageOptions?: readonly string[]
  /** Answers the exit status: 0 yes, 1 no, 2 misuse or trouble. What takes long to load is imported here. */
  readonly run: (args: Args) => Promise<number>
}

export function command<Args extends Common>(definition: Definition<Args>): Command {
  const { usage, about, details, examples, options, packageOptions, run } = definition
  const [name = ''] = usage.split(' ')
  return {
    name,
    usage,
    packageOptions,
    options: yargs => options(yargs) as unknown as Argv<Common>,
    register: (yargs, choose, behind = 'coolports') => {
      yargs.command(
        usage,
        about,
        given => {
          const text = details === undefined ? about : `${about}\n\n${details}`
          given.usage(`${behind} ${usage}\n\n${text}`)
          for (const [line, what] of examples) given.example(line, what)
          return options(given)
        },
        args => choose(() => run(args as unknown as Args)),
      )
    },
  }
}

/** The words behind a command that is followed by packages. */
export const packagesOption = <Args extends Common>(yargs: Argv<Args>) =>
  yargs.positional('packages', {
    type: 'string',
    array: true,
    demandOption: true,
    describe: 'names or folders: make, pkg/make, ./pkg/make/',
  })

export const packageOption = <Args extends Common>(yargs: Argv<Args>) =>
  yargs.positional('package', {
    type: 'string',
    demandOption: true,
    describe: 'a name or a folder: make, pkg/make, ./pkg/make/',
  })

/** A root that packages are installed in, which is another thing than the tree that they are made in. */
export const rootOption = <Args extends Common>(yargs: Argv<Args>) =>
  yargs
    .option('root', {
      type: 'string',
      requiresArg: true,
      // Given twice, the last one counts.
      coerce: (paths: string | readonly string[] | undefined) => [paths].flat().at(-1),
      describe: 'the root that packages are installed in',
    })
    .check(({ root }) => {
      // A script's variable that is not set, most likely; it does not mean the folder that one is in.
      if (root !== '') return true
      throw new Error('--root needs a folder')
    })

export const jsonOption = <Args extends Common>(yargs: Argv<Args>) =>
  yargs.option('json', { type: 'boolean', default: false, describe: 'the answer for a program' })

/** Of a command that asks places on the network about some packages, or all. */
export const askingOptions = <Args extends Common>(yargs: Argv<Args>) =>
  yargs
    .positional('packages', { type: 'string', array: true, describe: 'names or folders; all without any' })
    .option('jobs', {
      alias: 'j',
      type: 'number',
      default: 8,
      requiresArg: true,
      describe: 'places asked at once',
    })
    .check(isJobs)

export const jobsOption = <Args extends Common>(yargs: Argv<Args>) =>
  yargs
    .option('jobs', { alias: 'j', type: 'number', requiresArg: true, describe: 'jobs at once' })
    .check(isJobs)

function isJobs({ jobs }: { readonly jobs?: number | undefined }): true {
  if (jobs === undefined || (Number.isSafeInteger(jobs) && jobs > 0)) return true
  throw new Error('-j needs a whole number above 0')
}

/** An option that is given once for each value. */
export const LIST = { type: 'string', array: true, nargs: 1, requiresArg: true } as const
