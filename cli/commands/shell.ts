import { command, packageOption } from '../command.ts'
import { runDoor } from '../door.ts'
import { findPackage } from '../find.ts'
import { complain } from '../output.ts'

export const shell = command({
  usage: 'shell <package> [command..]',
  about: "Open a shell, or run a command, in a package's sandbox",
  details:
    'The sandbox is that of the last failed build, else a fresh one with the build closure.\nIts exit status is that of the shell or command.',
  examples: [
    ['coolports shell make', 'look round in the sandbox'],
    ['coolports shell make ls -l /bin', 'one command; what follows the package is its own'],
  ],
  options: yargs =>
    packageOption(yargs)
      .positional('command', {
        type: 'string',
        array: true,
        describe: 'the command and its arguments; a shell when there is none',
      })
      // Where yargs leaves the words behind `--`, which run() puts before the command.
      .option('--', { type: 'string', array: true, hidden: true }),
  run: async args => {
    const name = findPackage(args.tree, args.package)
    if (!name.ok) return complain(name.error)
    return runDoor(args.tree, 'build-shell', [name.value, ...(args['--'] ?? [])])
  },
})
