import { command, jobsOption, packagesOption } from './command.ts'
import { runDoor } from './door.ts'
import { findAll } from './find.ts'
import { complain } from './say.ts'

export const build = command({
  usage: 'build <packages..>',
  about: 'Build and test packages that are out of date',
  details:
    'Emits the rules, fetches the sources and builds what is missing, as bin/build-packages-ifchange does.\nIts exit status is that of the build.',
  examples: [
    ['coolports build make', 'make, and all that it needs'],
    ['coolports build -j4 make zlib', 'four jobs at once'],
    ['coolports build --no-test xz', 'without the tests of the finished package'],
  ],
  options: yargs =>
    jobsOption(packagesOption(yargs)).option('no-test', {
      type: 'boolean',
      default: false,
      describe: 'do not test what was built',
    }),
  run: async args => {
    const { jobs } = args
    const names = findAll(args.tree, args.packages)
    if (!names.ok) return complain(names.error)
    return runDoor(args.tree, 'build-packages-ifchange', [
      ...(jobs === undefined ? [] : [`-j${jobs}`]),
      ...(args['no-test'] ? ['--no-test'] : []),
      ...names.value,
    ])
  },
})
