import { command, rootOption } from '../command.ts'
import { say } from '../output.ts'
import { complainOfRoot } from '../root.ts'

export const rollback = command({
  usage: 'rollback',
  about: 'Switch a root with generations to the one before, or to any',
  details:
    'By one rename; the generations stay as they are. Exit status: 0 switched, 1 there is no such generation, 2 trouble.',
  examples: [
    ['coolports rollback --root /srv/root', 'to the generation before the current one'],
    ['coolports rollback --root /srv/root --to 3', 'to the third'],
  ],
  options: yargs =>
    rootOption(yargs)
      .demandOption('root')
      .option('to', { type: 'number', requiresArg: true, describe: 'the number of a generation' })
      .check(({ to }) => {
        if (to === undefined || (Number.isSafeInteger(to) && to > 0)) return true
        throw new Error('--to needs the number of a generation')
      }),
  run: async args => {
    const { switchGeneration } = await import('../../helpers/install/generations.ts')
    const switched = switchGeneration(args.root, args.to)
    if (!switched.ok) return complainOfRoot('switch', switched.error)
    say(`generation ${switched.value} is current`)
    return 0
  },
})
