import { resolve } from 'node:path'
import yargs, { type Argv, type FallbackCompletionFunction } from 'yargs'
import { isMangled } from '../core/mangled.ts'
import { quoted } from '../core/message.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { treeRoot } from '../core/store.ts'
import { version } from '../core/version.ts'
import { nearest } from '../generator/nearest.ts'
import type { Command, Common } from './command.ts'
import { build } from './commands/build.ts'
import { cache } from './commands/cache.ts'
import { challenge } from './commands/challenge.ts'
import { closure } from './commands/closure.ts'
import { completion } from './commands/completion.ts'
import { explain } from './commands/explain.ts'
import { exportCommand } from './commands/export.ts'
import { fetch } from './commands/fetch.ts'
import { files } from './commands/files.ts'
import { gen } from './commands/gen.ts'
import { install } from './commands/install.ts'
import { key } from './commands/key.ts'
import { list } from './commands/list.ts'
import { mirror } from './commands/mirror.ts'
import { newPackage } from './commands/new.ts'
import { outdated } from './commands/outdated.ts'
import { owns } from './commands/owns.ts'
import { rdeps } from './commands/rdeps.ts'
import { remove } from './commands/remove.ts'
import { reproduce } from './commands/reproduce.ts'
import { rollback } from './commands/rollback.ts'
import { sbom } from './commands/sbom.ts'
import { seedVerify } from './commands/seed-verify.ts'
import { shell } from './commands/shell.ts'
import { show } from './commands/show.ts'
import { trust } from './commands/trust.ts'
import { venv } from './commands/venv.ts'
import { verify } from './commands/verify.ts'
import { whence } from './commands/whence.ts'
import { completePackage, readWords } from './complete.ts'
import { complain, PROGRAM, shownLine, trouble } from './output.ts'

/** In the order in which the help lists them. */
export const commands: readonly Command[] = [
  build,
  gen,
  list,
  show,
  closure,
  rdeps,
  key,
  explain,
  fetch,
  files,
  verify,
  install,
  remove,
  rollback,
  owns,
  whence,
  sbom,
  reproduce,
  seedVerify,
  cache,
  trust,
  challenge,
  mirror,
  exportCommand,
  shell,
  venv,
  newPackage,
  outdated,
  completion,
]

const COMPLETIONS = '--get-yargs-completions'

/** Runs `coolports` with these arguments. Answers its exit status: 0 yes, 1 no, 2 misuse or trouble. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.includes(COMPLETIONS)) return complete(args)
  const word = commandWord(args)
  const name = word === undefined ? undefined : args[word]
  if (name === 'help') return run([...args.filter((_, index) => index !== word), '--help'])
  const asked = commands.find(one => one.name === name)
  const strange = notAmong(commands, name) ?? notAmong(asked?.commands, wordBelow(args, word), name)
  if (strange !== undefined) return strange
  const words = name === 'shell' ? shellWords(args, word) : plainWords(args)
  if (!words.ok) return misuse(words.error, 'put ./ before it')
  let work: (() => Promise<number>) | undefined
  let text = ''
  let fault: string | undefined
  const parser = program(found => {
    work = found
  }).fail((message, error) => {
    fault ??= message || String(error)
  })
  await parser.parseAsync([...words.value], {}, (_error, _argv, output) => {
    text = output
  })
  if (fault !== undefined) {
    const below = asked?.commands?.find(one => one.name === wordBelow(args, word))
    const usage = below === undefined ? asked?.usage : `${name} ${below.usage}`
    const line = [PROGRAM, name, below?.name, '--help'].filter(one => one !== undefined)
    return misuse(whyOf(fault, usage), `see: ${line.join(' ')}`)
  }
  if (text !== '') process.stdout.write(`${text}\n`)
  if (text !== '' || work === undefined) return 0
  try {
    return await work()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return complain(trouble({ cannot: 'go on', why: oneLine(why) }))
  }
}

function program(choose: (work: () => Promise<number>) => void): Argv<Common> {
  const here = treeRoot()
  const parser: Argv<Common> = yargs()
    .scriptName(PROGRAM)
    .usage(
      'coolports COMMAND\n\nA source-based package system. PACKAGE is a name or a folder: make, ./pkg/make',
    )
    .option('tree', {
      alias: 'C',
      type: 'string',
      default: here,
      defaultDescription: 'this tree',
      requiresArg: true,
      coerce: (paths: string | readonly string[]) => resolve([paths].flat().at(-1) ?? here),
      describe: 'the tree of packages',
    })
    .example('coolports build make zlib', 'build two packages')
    .example('coolports explain make', 'why would it be built again?')
    .epilogue('Exit status: 0 yes, 1 no, 2 misuse or trouble. $NO_COLOR is respected.')
    .parserConfiguration({
      'boolean-negation': false,
      'parse-positional-numbers': false,
      'populate--': true,
    })
    .version('version', 'print the version', version())
    .help('help', 'print this')
    .alias('help', 'h')
    .strict()
    .check(givenOnce)
    .check(isInUtf8)
    .demandCommand(1, 'no command is named')
    .wrap(100)
    .exitProcess(false)
  for (const command of commands) command.register(parser, choose)
  return parser
}

/**
 * yargs makes a list of an option that is given twice, which no command takes that wants one value. It calls a check
 * with the arguments and what it knows of the options, as its manual says and its types do not.
 */
function givenOnce(args: Readonly<Record<string, unknown>>, known: unknown): true {
  const { key, array } = known as {
    readonly key: Readonly<Record<string, unknown>>
    readonly array: readonly string[]
  }
  const twice = Object.keys(key).find(name => Array.isArray(args[name]) && !array.includes(name))
  if (twice === undefined) return true
  throw new Error(`--${twice} is given twice`)
}

/** Of names in a root `owns` asks alone, and no package has one that is not. */
function isInUtf8({ paths: _, ...args }: Readonly<Record<string, unknown>>): true {
  const mangled = Object.values(args)
    .flat()
    .find(word => typeof word === 'string' && isMangled(word))
  if (mangled === undefined) return true
  throw new Error(`the name ${quoted(String(mangled))} is not in UTF-8`)
}

/** Answers what may stand next, as the scripts of `completion` ask for it. */
async function complete(args: readonly string[]): Promise<number> {
  const start = args.indexOf(COMPLETIONS) + 2
  const { words, behind } = readWords(args.slice(start))
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const at = commandWord(before)
  const root = treeWord(before) ?? treeRoot()
  const answer: FallbackCompletionFunction = (_current, _argv, others, done) => {
    const tell = (found: readonly string[] | undefined): void =>
      done((found ?? []).filter(one => mayStand(one, current)).map(one => behind + one))
    if (isTreeOption(before.at(-1))) tell([])
    else {
      const packages =
        at === undefined ? undefined : completePackage(root, commands, before.slice(at), current)
      if (packages) tell(packages)
      else others((_error, found) => tell(found))
    }
  }
  const parser = program(() => {}).completion('get-completion', false, answer)
  await parser.parseAsync([...args.slice(0, start), ...words])
  return 0
}

/** Options where a dash was typed, and there alone; yargs offers `--C` for `-C`. */
const mayStand = (one: string, current: string): boolean =>
  one.startsWith('-') === current.startsWith('-') && !/^--\w(?!\w)/.test(one)

/** Where the name of the command stands: the first word that is neither an option nor the value of one. */
function commandWord(args: readonly string[]): number | undefined {
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? ''
    if (word === '-C' || word === '--tree' || word === '--root') index++
    else if (!word.startsWith('-')) return index
  }
  return undefined
}

/** The first word behind the one at `word`: of a group, the name of its command. */
function wordBelow(args: readonly string[], word: number | undefined): string | undefined {
  if (word === undefined) return undefined
  const behind = args.slice(word + 1)
  const at = commandWord(behind)
  return at === undefined ? undefined : behind[at]
}

/** Tells of a word that is none of the commands, of those of a group if `of` names one; undefined if all is well. */
function notAmong(
  among: readonly Command[] | undefined,
  word: string | undefined,
  of?: string,
): number | undefined {
  if (among === undefined || word === undefined || among.some(one => one.name === word)) return undefined
  const near = nearest(
    word,
    among.map(one => one.name),
  )
  const line = (last: string): string => (of === undefined ? last : `${of} ${last}`)
  return misuse(
    `there is no command ${quoted(line(word))}`,
    near === undefined ? `see: ${PROGRAM} ${line('--help')}` : `did you mean ${quoted(line(near))}?`,
  )
}

/** The tree that the words name; the last one counts. */
const treeWord = (words: readonly string[]): string | undefined =>
  words
    .flatMap((word, index) => {
      const joined = /^(?:--tree=|-C)(.+)$/s.exec(word)?.[1]
      return joined ?? (isTreeOption(words[index - 1]) ? word : [])
    })
    .at(-1)

const isTreeOption = (word: string | undefined): boolean => word === '-C' || word === '--tree'

/** What follows the package of `shell` is a command of its own, options and all: marks it so. */
function shellWords(args: readonly string[], word = 0): Result<readonly string[], string> {
  const package_ = commandWord(args.slice(word + 1))
  const end = package_ === undefined ? args.length : word + 1 + package_ + 1
  const rest = args.slice(end)
  const own = rest[0] === '--' ? rest.slice(1) : rest
  return ok([...args.slice(0, end).filter(one => one !== '--'), ...(own.length === 0 ? [] : ['--', ...own])])
}

/** Without a `--`, behind which no word is an option, but to yargs none is one of the command's either. */
function plainWords(args: readonly string[]): Result<readonly string[], string> {
  const at = args.indexOf('--')
  if (at === -1) return ok(args)
  const rest = args.slice(at + 1)
  const dashed = rest.find(one => one.startsWith('-'))
  if (dashed !== undefined) return refuse(`${quoted(dashed)} begins with a dash`)
  return ok([...args.slice(0, at), ...rest])
}

const misuse = (why: string, remedy: string): number => complain(trouble({ cannot: 'run', why, remedy }))

/** What yargs says, in words that fit behind ours. */
function whyOf(fault: string, usage = 'COMMAND'): string {
  if (fault.startsWith('Not enough non-option arguments')) return `too few words for: ${PROGRAM} ${usage}`
  if (fault.startsWith('Not enough arguments following:'))
    return `a value is missing behind ${fault.split(': ')[1] ?? ''}`
  const unknown = /^Unknown arguments: (.+)$/s.exec(fault)?.[1]?.split(', ')
  if (unknown !== undefined) {
    // Of an option of several words yargs tells both of its spellings, --dry-run and dryRun.
    const twins = unknown.map(word => word.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()))
    const said = unknown.filter((word, index) => !twins.some((twin, at) => at !== index && twin === word))
    return oneLine(`unknown argument${said.length === 1 ? '' : 's'}: ${said.join(', ')}`)
  }
  const line = oneLine(fault)
  return line.charAt(0).toLowerCase() + line.slice(1)
}

/** A text on one line, with nothing a terminal would obey. */
const oneLine = (text: string): string => shownLine(text.replace(/:?\s*\n\s*/g, ': '))
