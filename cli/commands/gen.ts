import { command } from '../command.ts'
import { runGenerator } from '../door.ts'

export const gen = command({
  usage: 'gen',
  about: 'Emit the redo rules of every package, as coolports-gen does',
  details:
    'Exit status: 0 done, 1 a manifest is refused, or with --check an emitted file is stale, 2 misuse.',
  examples: [
    ['coolports gen', 'emit what changed'],
    ['coolports gen --check', 'in CI: are the emitted rules those of the manifests?'],
  ],
  options: yargs =>
    yargs.option('check', {
      type: 'boolean',
      default: false,
      describe: 'write nothing; exit 1 when an emitted file is stale',
    }),
  run: args => runGenerator(args.tree, args.check ? ['--check'] : []),
})
