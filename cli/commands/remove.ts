import { command, packagesOption, rootOption } from '../command.ts'
import { changePackages, complainOfRoot, nameIn, tellChange } from '../root.ts'

export const remove = command({
  usage: 'remove <packages..>',
  about: 'Remove packages from a root, and what only they needed',
  details:
    'What was brought along for them goes with them. Edited files below /etc stay, and so does whatever no package owns.',
  examples: [['coolports remove --root /srv/root make', 'make, and what nothing else needs']],
  options: yargs => packagesOption(rootOption(yargs)).demandOption('root'),
  run: async args => {
    const remove = [...new Set(args.packages.map(nameIn))]
    const done = await changePackages(args.root, { add: [], remove })
    if (!done.ok) return complainOfRoot('remove', done.error)
    tellChange(done.value)
    return done.value.unfinished ? complainOfRoot('remove', done.value.unfinished) : 0
  },
})
