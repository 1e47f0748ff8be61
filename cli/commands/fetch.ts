import { join } from 'node:path'
import { command, jsonOption, packagesOption } from '../command.ts'
import { withDependencies } from '../dependencies.ts'
import { runDoor, runGenerator } from '../door.ts'
import { findAll } from '../find.ts'
import { complain } from '../output.ts'

/**
 * JSON (nothing is fetched): a list of `{ file, sha256, store, places }`; `store` is the source's path in
 * the store or null, `places` is a list of `{ kind, at }` in the order in which they would be asked.
 */
export const fetch = command({
  usage: 'fetch <packages..>',
  about: 'Fetch the sources of packages into the store',
  details: 'Exit status: 0 all are in the store, 1 some cannot be had, 2 misuse or trouble.',
  examples: [
    ['coolports fetch make zlib', 'the sources of two packages'],
    ['coolports fetch --closure make', 'all sources for a build without a network'],
    ['coolports fetch --where make', 'where its sources could be had'],
  ],
  options: yargs =>
    jsonOption(packagesOption(yargs))
      .option('where', {
        type: 'boolean',
        default: false,
        describe: 'list where each source could be had, and fetch nothing',
      })
      .option('closure', {
        type: 'boolean',
        default: false,
        describe: 'also the sources of all that is needed to build and test the packages',
      }),
  run: async args => {
    const named = findAll(args.tree, args.packages)
    if (!named.ok) return complain(named.error)
    const generated = await runGenerator(args.tree, named.value)
    if (generated !== 0) return generated
    const names = args.closure ? await withDependencies(args.tree, named.value) : named
    if (!names.ok) return complain(names.error)
    return runDoor(args.tree, 'do-fetch', [
      ...(args.where ? ['--where'] : []),
      ...(args.json ? ['--json'] : []),
      ...names.value.map(name => join(args.tree, 'pkg', name, '.fetch')),
    ])
  },
})
