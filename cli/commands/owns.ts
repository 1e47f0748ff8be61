import { quoted } from '../../core/message.ts'
import { ok } from '../../core/result.ts'
import { command, jsonOption, rootOption } from '../command.ts'
import { complain, json, print, shown } from '../output.ts'
import { complainOfRoot } from '../root.ts'

/** JSON: a list, in the order asked, of `{ path, packages }`; `packages` is a list of names, empty where none has it. */
export const owns = command({
  usage: 'owns <paths..>',
  about: 'Tell which package of a root has a path',
  details:
    'A path is meant from the root: /bin/sh is DIR/bin/sh.\nExit status: 0 all have an owner, 1 one has none, 2 trouble.',
  examples: [['coolports owns --root /srv/root /bin/make', 'the package, its version and the path']],
  options: yargs =>
    jsonOption(rootOption(yargs))
      .positional('paths', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'paths from the root',
      })
      .demandOption('root'),
  run: async args => {
    const [{ readRoot }, { ownersOf }, { labelOf }] = await Promise.all([
      import('../../helpers/install/database.ts'),
      import('../../helpers/install/owner.ts'),
      import('../../helpers/install/record.ts'),
    ])
    const found = readRoot(args.root, ({ packages }) =>
      ok(args.paths.map(path => ({ path, owners: ownersOf(packages, path).map(owner => owner.package) }))),
    )
    if (!found.ok) return complainOfRoot('read', found.error)
    if (args.json)
      print(json(found.value.map(({ path, owners }) => ({ path, packages: owners.map(({ name }) => name) }))))
    else
      for (const { path, owners } of found.value)
        for (const owner of owners) print(`${labelOf(owner)}  ${shown(path)}`)
    const without = found.value.filter(({ owners }) => owners.length === 0)
    if (without.length === 0 || args.json) return without.length === 0 ? 0 : 1
    return complain({
      status: 1,
      messages: without.map(({ path }) => ({
        cannot: `tell the owner of ${quoted(path)}`,
        why: 'no package of this root has it',
      })),
    })
  },
})
