/** What the command line asks for. */
export interface Options {
  readonly jobs: number | undefined
  readonly keepGoing: boolean
  readonly verbose: boolean
  readonly trace: boolean
  readonly shuffle: boolean
  readonly explain: boolean
  readonly dryRun: boolean
  /** How often -d was said. */
  readonly debug: number
  readonly debugLocks: boolean
  /** The live view; undefined: where it is usual. */
  readonly progress: boolean | undefined
  readonly targets: readonly string[]
}

type Parsed =
  | { readonly kind: 'options'; readonly options: Options }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'misuse'; readonly why: string }

const switches = {
  '-k': 'keepGoing',
  '--keep-going': 'keepGoing',
  '-v': 'verbose',
  '--verbose': 'verbose',
  '-x': 'trace',
  '--xtrace': 'trace',
  '--shuffle': 'shuffle',
  '--explain': 'explain',
  '-n': 'dryRun',
  '--dry-run': 'dryRun',
  '--debug-locks': 'debugLocks',
} as const

const progressWords = {
  '--progress': true,
  '--progress=yes': true,
  '--progress=no': false,
  '--no-progress': false,
  // As apenwarr's redo calls it.
  '--no-status': false,
  '--progress=auto': undefined,
} as const

type Switch = (typeof switches)[keyof typeof switches]

export function parseOptions(words: readonly string[]): Parsed {
  const on = new Set<Switch>()
  let jobs: number | undefined
  let debug = 0
  let progress: boolean | undefined
  const left = [...words]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--') break
    if (!word.startsWith('-') || word === '-') {
      left.unshift(word)
      break
    }
    // -kxj4 is -k -x -j4: of several letters the first is an option, except j, whose number follows.
    if (/^-[a-ik-z][a-z]/.test(word)) {
      left.unshift(`-${word.slice(2)}`)
      word = word.slice(0, 2)
    }
    if (word === '-h' || word === '--help') return { kind: 'help' }
    if (word === '--version') return { kind: 'version' }
    if (word === '--no-color') continue // nothing of ours has colours; for who writes it for apenwarr's redo
    const count = /^(?:-j|--jobs=)(.*)$/.exec(word)?.[1] ?? (word === '--jobs' ? '' : undefined)
    if (count !== undefined) {
      const text = count === '' ? (left.shift() ?? '') : count
      if (!/^[1-9]\d{0,3}$/.test(text))
        return { kind: 'misuse', why: `-j wants a number of jobs, not "${text}"` }
      jobs = Number(text)
      continue
    }
    if (Object.hasOwn(progressWords, word)) {
      progress = progressWords[word as keyof typeof progressWords]
      continue
    }
    if (word.startsWith('--progress='))
      return {
        kind: 'misuse',
        why: `--progress is yes, no or auto, not "${word.slice('--progress='.length)}"`,
      }
    if (word === '-d' || word === '--debug') debug += 1
    else if (!isSwitch(word)) return { kind: 'misuse', why: `there is no option ${word}` }
    else on.add(switches[word])
  }
  const options: Options = {
    jobs,
    keepGoing: on.has('keepGoing'),
    verbose: on.has('verbose'),
    trace: on.has('trace'),
    shuffle: on.has('shuffle'),
    explain: on.has('explain'),
    dryRun: on.has('dryRun'),
    debug,
    debugLocks: on.has('debugLocks'),
    progress,
    targets: left,
  }
  return { kind: 'options', options }
}

/** The options again as words, those that matter to a run that is another one's guest. */
export function flagsOf(options: Options): readonly string[] {
  const { jobs, keepGoing, shuffle, explain, verbose, trace } = options
  return [
    ...(jobs === undefined ? [] : [`-j${jobs}`]),
    ...(keepGoing ? ['--keep-going'] : []),
    ...(shuffle ? ['--shuffle'] : []),
    ...(explain ? ['--explain'] : []),
    ...(verbose ? ['--verbose'] : []),
    ...(trace ? ['--xtrace'] : []),
  ]
}

/** Words in front of `--` that begin with a dash, and all others. */
export function flagsAndNames(words: readonly string[]): {
  readonly flags: readonly string[]
  readonly names: readonly string[]
} {
  const end = words.indexOf('--')
  const open = end === -1 ? words : words.slice(0, end)
  const flag = (word: string): boolean => word.startsWith('-')
  return {
    flags: open.filter(flag),
    names: [...open.filter(word => !flag(word)), ...(end === -1 ? [] : words.slice(end + 1))],
  }
}

function isSwitch(word: string): word is keyof typeof switches {
  return Object.hasOwn(switches, word)
}

export const help = `Usage: do [OPTION...] [TARGET...]

Brings targets up to date, by the .do scripts that are found for them. Without a target: "all".
What is up to date is not built again; "redo TARGET" builds in any case.

  -j N         run up to N jobs at once, those of makes inside of builds included (default: 1,
               or what the make or redo that started this one allows)
  -k           go on with other targets after a failure
  -v, -x       show the lines of the scripts as they are read, as they are run
  -n           tell what would be built, build nothing
  --explain    tell why each target is built
  --shuffle    build in a random order
  --progress=WHEN
               show what runs, how much is done, and about how long it takes, in lines below the
               output that go away at the end: yes (or --progress), no (or --no-progress), or auto,
               which is on a terminal, unless TERM is dumb or a make or redo started this one
  -d, -dd      tell what is decided about each file that is checked; all that is known of it
  --debug-locks
               tell of waiting for, taking and giving up the lock of the tree, jobs and targets
  -h, --help   show this text
  --version    print the version

Exit status: 0 when all targets are up to date, 1 when one failed, 2 when misused.
See doc/redo.md.
`
