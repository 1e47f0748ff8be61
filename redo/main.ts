import { realpathSync } from 'node:fs'
import { isMangled } from '../core/mangled.ts'
import { quoted } from '../core/message.ts'
import { version } from '../core/version.ts'
import type { Graph } from './graph.ts'
import { printLog } from './log.ts'
import type { Logs } from './logs.ts'
import { flagsAndNames, help, parseOptions } from './options.ts'
import { plan } from './plan.ts'
import { type Query, queries, queryArguments, readBooks } from './query.ts'
import { run } from './run.ts'
import { ignoreAsTold } from './signals.ts'
import { writeStderr } from './stderr.ts'
import { findTop, refusalIn, Tree } from './tree.ts'
import { giveUp } from './trouble.ts'

/** What stands behind the commands that have no options of `do`. */
const USAGE: Readonly<Record<string, string>> = {
  'redo-targets': '',
  'redo-sources': '',
  'redo-ood': '',
  'redo-whichdo': ' TARGET',
  'redo-log': ' [-r] [-u] [-f] TARGET',
  'redo-ifcreate': ' FILE... (within a .do)',
  'redo-always': ' (within a .do)',
  'redo-stamp': ' <DATA (within a .do)',
}

// A reader who has seen enough is no error.
process.stdout.on('error', () => process.exit(1))
const ignored = ignoreAsTold(process.env)
process.exitCode = await main(process.argv.slice(2)).catch(giveUp)

/** `bin/redo/start` tells the folder of the commands that scripts are to find, then what was called. */
async function main([commands = '', command = 'do', ...words]: readonly string[]): Promise<number> {
  const usage = USAGE[command]
  if (usage !== undefined && ['-h', '--help'].includes(words[0] ?? '')) {
    process.stdout.write(`Usage: ${command}${usage}\nSee doc/redo.md.\n`)
    return 0
  }
  const query = queries[command.slice('redo-'.length)]
  if (query !== undefined) return ask(command, query, words)
  if (command === 'redo-log') return log(words)
  if (['redo-ifcreate', 'redo-always', 'redo-stamp'].includes(command))
    return misuse(command, 'it is for .do scripts only')
  const parsed = parseOptions(words)
  if (parsed.kind === 'misuse') return misuse(command, parsed.why)
  if (parsed.kind === 'help') {
    process.stdout.write(help)
    return 0
  }
  if (parsed.kind === 'version') {
    process.stdout.write(`coolports ${version()}\n`)
    return 0
  }
  const { options } = parsed
  if (options.targets.includes('')) return misuse(command, 'a target has no name')
  const mangled = [process.cwd(), ...options.targets].find(isMangled)
  if (mangled !== undefined) return misuse(command, `the name ${quoted(mangled)} is not in UTF-8`)
  const orAll = options.targets.length === 0 ? { ...options, targets: ['all'] } : options
  if (options.dryRun) return tell(orAll.targets, command === 'redo')
  warnOfVariables(process.env)
  switch (command) {
    case 'do':
      return run(orAll, commands, 'redo-ifchange', ignored)
    case 'redo':
      return run(orAll, commands, 'redo', ignored)
    case 'redo-ifchange':
      return run(options, commands, 'redo-ifchange', ignored)
    default:
      return misuse(command, 'there is no such command')
  }
}

/** Node decodes what it inherits and hands on, as names: bytes that are no UTF-8 are lost. */
function warnOfVariables(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(environment))
    if (isMangled(`${name}${value}`))
      writeStderr(
        Buffer.from(`redo: scripts will see another value of ${quoted(name)}: it is not in UTF-8\n`),
      )
}

/** What would be built. */
function tell(targets: readonly string[], force: boolean): number {
  const { tree, cwd, graph, logs } = open(targets)
  const names = targets.map(target => tree.name(cwd, target))
  const refusal = refusalIn(tree, names)
  if (refusal !== undefined) {
    process.stderr.write(refusal)
    return 2
  }
  const { lines, possible } = plan(tree, graph, logs, names, force)
  process.stdout.write(lines.map(line => `${line}\n`).join(''))
  return possible ? 0 : 1
}

function ask(command: string, query: Query, words: readonly string[]): number {
  const args = queryArguments(command.slice('redo-'.length), words)
  if (!args.ok) return misuse(command, args.error)
  const { tree, cwd, graph, logs } = open(args.value)
  const { lines, status } = query({ tree, graph, logs, cwd, args: args.value })
  process.stdout.write(lines.map(line => `${line}\n`).join(''))
  return status
}

async function log(words: readonly string[]): Promise<number> {
  const { flags: given, names } = flagsAndNames(words)
  const flags = given.join('')
  const [target, ...more] = names
  if (target === undefined || more.length > 0 || /[^-rfu]/.test(flags))
    return misuse('redo-log', 'it wants [-r] [-u] [-f] TARGET')
  const { tree, cwd, graph, logs } = open([target])
  const shown = {
    folder: '.redo',
    graph,
    logs,
    recursive: flags.includes('r'),
    unchanged: flags.includes('u'),
    follow: flags.includes('f'),
    out: (text: string | Buffer) => process.stdout.write(text),
  }
  const found = await printLog(shown, tree.name(cwd, target))
  if (!found) process.stderr.write(`redo-log: cannot show the log of ${quoted(target)}: it was never built\n`)
  return found ? 0 : 1
}

/** The tree and its state, for those who only read. */
function open(targets: readonly string[]): {
  readonly tree: Tree
  readonly cwd: string
  readonly graph: Graph
  readonly logs: Logs
} {
  const cwd = realpathSync(process.cwd())
  const tree = new Tree(findTop(cwd, targets))
  process.chdir(tree.top)
  return { tree, cwd, ...readBooks() }
}

function misuse(command: string, why: string): number {
  process.stderr.write(`${command}: cannot run: ${why}\n`)
  return 2
}
