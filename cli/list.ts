import { byCodeUnit } from '../core/order.ts'
import type { Package } from '../generator/package.ts'
import { command, jsonOption } from './command.ts'
import { readTree } from './manifests.ts'
import { complain, json, paint, print, shown } from './say.ts'

/**
 * JSON: a list, ordered by name, of
 * `{ name, version, release, description, homepage, license }`; `release` is a number, the others are texts.
 */
export const list = command({
  usage: 'list',
  about: 'List the packages: name, version and release, description',
  details: 'Exit status: 0 all are listed, 1 some manifests cannot be read, 2 trouble.',
  examples: [
    ['coolports list', 'what there is'],
    ['coolports list --json', 'with licences and homepages, for a program'],
  ],
  options: yargs => jsonOption(yargs),
  run: async args => {
    const read = await readTree(args.root)
    if (!read.ok) return complain(read.error)
    const { packages, problems } = read.value
    const all = [...packages.values()].sort((a, b) => byCodeUnit(a.name, b.name))
    if (args.json) print(json(all.map(summary)))
    else for (const line of table(all)) print(line)
    return problems.length === 0 ? 0 : complain({ status: 1, messages: problems })
  },
})

const summary = ({ name, version, release, description, homepage, license }: Package) => ({
  name,
  version,
  release,
  description,
  homepage,
  license,
})

function table(packages: readonly Package[]): readonly string[] {
  const rows = packages.map(({ name, version, release, description }) => ({
    name,
    version: `${version}-${release}`,
    description: shown(description),
  }))
  const names = Math.max(0, ...rows.map(({ name }) => name.length))
  const versions = Math.max(0, ...rows.map(({ version }) => version.length))
  return rows.map(
    ({ name, version, description }) =>
      `${paint.bold(name.padEnd(names))}  ${paint.cyan(version.padEnd(versions))}  ${description}`,
  )
}
