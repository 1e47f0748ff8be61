import { command } from '../command.ts'
import { runDoor } from '../door.ts'
import { requireTree } from '../find.ts'
import { complain } from '../output.ts'

export const newPackage = command({
  usage: 'new <name>',
  about: 'Begin a package with a manifest to fill in',
  examples: [['coolports new hello', 'writes pkg/hello/package.ts']],
  options: yargs =>
    yargs.positional('name', { type: 'string', demandOption: true, describe: 'the name, or pkg/NAME' }),
  run: async args => {
    const tree = requireTree(args.tree)
    if (!tree.ok) return complain(tree.error)
    return runDoor(args.tree, 'new-package', [args.name])
  },
})
