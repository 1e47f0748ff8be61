import { byCodeUnit } from '../../core/order.ts'
import type { Package } from '../../generator/package.ts'
import { command, jsonOption, packageOption } from '../command.ts'
import { findPackage } from '../find.ts'
import { readTree } from '../manifests.ts'
import { complain, json, print } from '../output.ts'
import { paint } from '../paint.ts'

/** How a package needs another. */
type Kind = 'run' | 'build' | 'test'

interface Dependent {
  readonly name: string
  readonly kinds: readonly Kind[]
}

/** JSON: a list, ordered by name, of `{ name, kinds }`; `kinds` holds "run", "build" and "test", in that order. */
export const rdeps = command({
  usage: 'rdeps <package>',
  about: 'List the packages that name a package as a dependency',
  details: 'Exit status: 0 all are listed, 1 some manifests cannot be read, 2 trouble.',
  examples: [
    ['coolports rdeps zlib', 'who needs zlib, and for what'],
    ['coolports rdeps seed --json', 'for a program'],
  ],
  options: yargs => jsonOption(packageOption(yargs)),
  run: async args => {
    const name = findPackage(args.tree, args.package)
    if (!name.ok) return complain(name.error)
    const read = await readTree(args.tree)
    if (!read.ok) return complain(read.error)
    const { packages, problems } = read.value
    const found = dependents([...packages.values()], name.value)
    if (args.json) print(json(found))
    else for (const line of table(found)) print(line)
    return problems.length === 0 ? 0 : complain({ status: 1, messages: problems })
  },
})

function dependents(packages: readonly Package[], name: string): readonly Dependent[] {
  return packages
    .map(pkg => ({ name: pkg.name, kinds: kinds(pkg, name) }))
    .filter(found => found.kinds.length > 0)
    .sort((a, b) => byCodeUnit(a.name, b.name))
}

const kinds = (pkg: Package, name: string): readonly Kind[] => [
  ...(pkg.runDeps.includes(name) ? ['run' as const] : []),
  ...(pkg.buildDeps.includes(name) ? ['build' as const] : []),
  ...(pkg.testDeps.includes(name) ? ['test' as const] : []),
]

function table(found: readonly Dependent[]): readonly string[] {
  const width = Math.max(0, ...found.map(({ name }) => name.length))
  return found.map(one => `${paint.bold(one.name.padEnd(width))}  ${one.kinds.join(' ')}`)
}
