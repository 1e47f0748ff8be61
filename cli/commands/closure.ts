import { command, jsonOption, packageOption } from '../command.ts'
import { findPackage } from '../find.ts'
import { closureOf, readable, readTree } from '../manifests.ts'
import { complain, json, print } from '../output.ts'

/** JSON: a list of names, in the order in which they come. */
export const closure = command({
  usage: 'closure <package>',
  about: 'List what a package needs to run, or what stands in the root of its build',
  details: "The order is the one that decides: of two files of one path, the earlier package's is seen.",
  examples: [
    ['coolports closure make', 'make and all that must be beside it when it runs'],
    ['coolports closure make --build', 'the packages in the sandbox that builds make'],
  ],
  options: yargs =>
    jsonOption(packageOption(yargs)).option('build', {
      type: 'boolean',
      default: false,
      describe: 'the root of the build: the run closures of the build-deps',
    }),
  run: async args => {
    const name = findPackage(args.tree, args.package)
    if (!name.ok) return complain(name.error)
    const read = await readTree(args.tree)
    if (!read.ok) return complain(read.error)
    const found = readable(read.value, name.value)
    if (!found.ok) return complain(found.error)
    const names = closureOf(read.value, args.build ? found.value.buildDeps : [name.value], pkg => pkg.runDeps)
    if (!names.ok) return complain(names.error)
    if (args.json) print(json(names.value))
    else for (const one of names.value) print(one)
    return 0
  },
})
