import { command, packagesOption, rootOption } from './command.ts'
import { changeIn, complainOf, tell } from './install.ts'

export const remove = command({
  usage: 'remove <packages..>',
  about: 'Remove packages from a root, and what only they needed',
  details:
    'What was brought along for them goes with them. Edited files below /etc stay, and so does whatever no package owns.',
  examples: [['coolports remove --root /srv/root make', 'make, and what nothing else needs']],
  options: yargs => packagesOption(rootOption(yargs)).demandOption('root'),
  run: async args => {
    const remove = [...new Set(args.packages.map(nameOf))]
    const done = await changeIn(args.root ?? '', { add: [], remove })
    if (!done.ok) return complainOf('remove', done.error)
    tell(done.value)
    return done.value.unfinished ? complainOf('remove', done.value.unfinished) : 0
  },
})

/** `pkg/make` means make here, too; but the tree need not have it any longer. */
export const nameOf = (word: string): string => word.replace(/\/+$/, '').split('/').at(-1) ?? ''
