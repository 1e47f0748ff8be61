import { ok, type Result, refuse } from '../core/result.ts'
import type { Package } from '../generator/package.ts'
import { command, jsonOption, packageOption } from './command.ts'
import { findPackage } from './find.ts'
import { type Manifests, readable, readTree } from './manifests.ts'
import { complain, json, print, type Refusal } from './say.ts'

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
    const names = walk(read.value, args.build ? found.value.buildDeps : [name.value], pkg => pkg.runDeps)
    if (!names.ok) return complain(names.error)
    if (args.json) print(json(names.value))
    else for (const one of names.value) print(one)
    return 0
  },
})

/**
 * The packages that are met from `starts`, each once, in the order in which a reader of the manifests
 * meets them: a package, then all that its first dependency leads to, then its second. That is the
 * order of the emitted `.closure`, which joins lists and keeps the first of equal lines.
 */
export function walk(
  manifests: Manifests,
  starts: readonly string[],
  next: (pkg: Package) => readonly string[],
): Result<readonly string[], Refusal> {
  const seen = new Set<string>()
  const open = [...starts].reverse()
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    const found = readable(manifests, name)
    if (!found.ok) return refuse(found.error)
    seen.add(name)
    open.push(...[...next(found.value)].reverse())
  }
  return ok([...seen])
}
