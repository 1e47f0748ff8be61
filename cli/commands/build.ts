import { command, jobsOption, packagesOption } from '../command.ts'
import { runDoor } from '../door.ts'
import { findAll } from '../find.ts'
import { complain } from '../output.ts'

export const build = command({
  usage: 'build <packages..>',
  about: 'Build and test packages that are out of date',
  details:
    'Emits the rules, fetches the sources and builds what is missing, as bin/build-packages-ifchange does.\nIts exit status is that of the build.',
  examples: [
    ['coolports build make', 'make, and all that it needs'],
    ['coolports build -j4 make zlib', 'four jobs at once'],
    ['coolports build --no-test xz', 'without the tests of the finished package'],
    ['coolports build --quorum 2 make', 'from caches only what two builders signed alike'],
  ],
  options: yargs =>
    jobsOption(packagesOption(yargs))
      .option('no-test', {
        type: 'boolean',
        default: false,
        describe: 'do not test what was built',
      })
      .option('quorum', {
        type: 'string',
        requiresArg: true,
        describe: 'how many trusted builders must have signed what a cache gives',
      })
      .option('spot-check', {
        type: 'string',
        requiresArg: true,
        describe: 'the share of what caches have that is built and compared: 5%',
      }),
  run: async args => {
    const { jobs } = args
    const names = findAll(args.tree, args.packages)
    if (!names.ok) return complain(names.error)
    return runDoor(args.tree, 'build-packages-ifchange', [
      ...(jobs === undefined ? [] : [`-j${jobs}`]),
      ...(args['no-test'] ? ['--no-test'] : []),
      ...(args.quorum === undefined ? [] : [`--quorum=${args.quorum}`]),
      ...(args['spot-check'] === undefined ? [] : [`--spot-check=${args['spot-check']}`]),
      ...names.value,
    ])
  },
})
