import { join } from 'node:path'
import type { PackageLayer } from '../../helpers/venv/layer.ts'
import { command, jobsOption, jsonOption, LIST } from '../command.ts'
import { findAll } from '../find.ts'
import { complain, json, print, say, trouble } from '../output.ts'

/**
 * JSON: `{ folder, run, activate, packages, notes }`; `run` and `activate` are paths, `packages` is a list of
 * `{ name, version, pkghash, tar, level }`, what lies on top first, `level` 0 for those of this venv, 1 for those of the
 * venv that it stands upon, and so on; `notes` are sentences.
 */
export const venv = command({
  usage: 'venv [packages..]',
  about: 'Put packages, and all that they need to run, together in a folder to be used beside the host',
  details:
    "DIR/bin/venv-run COMMAND runs a command with the packages in place of the host's folders, `. DIR/bin/activate` only puts their programs on PATH. Builds what is out of date first. Without packages a venv is made again as it was asked for. The same as bin/venv.\nExit status: 0 it is there, 1 no (a build failed, packages are at odds), 2 misuse or trouble.",
  examples: [
    ['coolports venv make zlib', 'in ./venv'],
    ['coolports venv -j2 -o /tmp/tools --pure make mksh', 'where nothing of the host is seen'],
    ['coolports venv -o /tmp/more --stack /tmp/tools xz', 'upon another'],
    ['coolports venv -o /tmp/tools', 'once more, of what the tree has become'],
  ],
  packageOptions: ['prefer'],
  options: yargs =>
    jsonOption(jobsOption(yargs))
      .positional('packages', {
        type: 'string',
        array: true,
        default: [] as string[],
        describe: 'names or folders: make, pkg/make; none: as it was asked for',
      })
      .option('out', { alias: 'o', type: 'string', requiresArg: true, describe: 'its folder; ./venv' })
      .option('stack', { type: 'string', requiresArg: true, describe: 'the venv that it stands upon' })
      .option('order', {
        type: 'boolean',
        default: false,
        describe: 'of different files of one path that of the package named earlier is meant',
      })
      .option('prefer', { ...LIST, describe: 'a package whose files are meant, whoever else has them' })
      .option('alternative', { ...LIST, describe: "PATH=PACKAGE: at this path that package's file is meant" })
      .option('pure', { type: 'boolean', default: false, describe: 'nothing of the host is seen' })
      .option('bind', { ...LIST, describe: 'but this path is, and may be written' })
      .option('env', { ...LIST, describe: 'and this variable' })
      .option('net', { type: 'boolean', default: false, describe: 'and the network' })
      .option('home', { type: 'boolean', default: false, describe: 'and the home' })
      .option('merge', {
        ...LIST,
        describe: "the host's folder of this name is seen below that of the packages",
      }),
  run: async args => {
    const [{ parseCommand }, { makeAsked }] = await Promise.all([
      import('../../helpers/venv/command.ts'),
      import('./venv/make.ts'),
    ])
    const names = findAll(args.tree, args.packages)
    if (!names.ok) return complain(names.error)
    const asked = parseCommand(wordsOf(args, names.value), process.cwd())
    if (!asked.ok || asked.value.kind === 'help')
      return complain(
        trouble({ cannot: 'run', why: asked.ok ? '' : asked.error, remedy: 'see: coolports venv --help' }),
      )
    const made = await makeAsked(args.tree, asked.value)
    if (!made.ok) return complain(made.error)
    const { run, notes } = made.value
    const { place, layers } = made.value.made
    for (const note of notes) say(`note: ${note}`)
    if (!args.json) print(run)
    else {
      const packages = layers.flatMap(layer => (layer.kind === 'package' ? [described(layer)] : []))
      print(json({ folder: place, run, activate: join(place, 'bin/activate'), packages, notes }))
    }
    return 0
  },
})

const described = ({ name, version, pkghash, tar, level }: PackageLayer) => ({
  name,
  version,
  pkghash,
  tar,
  level,
})

interface Given {
  readonly jobs: number | undefined
  readonly out: string | undefined
  readonly stack: string | undefined
  readonly prefer: readonly string[] | undefined
  readonly alternative: readonly string[] | undefined
  readonly bind: readonly string[] | undefined
  readonly env: readonly string[] | undefined
  readonly merge: readonly string[] | undefined
  readonly order: boolean
  readonly pure: boolean
  readonly net: boolean
  readonly home: boolean
}

/** As bin/venv reads them, so that both mean the same and refuse the same. */
function wordsOf(args: Given, names: readonly string[]): readonly string[] {
  const { jobs, out, stack } = args
  return [
    ...(jobs === undefined ? [] : [`--jobs=${jobs}`]),
    ...(out === undefined ? [] : [`--out=${out}`]),
    ...(stack === undefined ? [] : [`--stack=${stack}`]),
    ...(['prefer', 'alternative', 'bind', 'env', 'merge'] as const).flatMap(name =>
      (args[name] ?? []).map(word => `--${name}=${word}`),
    ),
    ...(['order', 'pure', 'net', 'home'] as const).flatMap(name => (args[name] ? [`--${name}`] : [])),
    '--',
    ...names,
  ]
}
