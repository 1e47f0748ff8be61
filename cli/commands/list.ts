import { byCodeUnit } from '../../core/order.ts'
import { ok } from '../../core/result.ts'
import type { Package } from '../../generator/package.ts'
import { command, jsonOption, rootOption } from '../command.ts'
import { readTree } from '../manifests.ts'
import { complain, json, print, say, shown } from '../output.ts'
import { paint } from '../paint.ts'
import { complainOfRoot } from '../root.ts'

/**
 * JSON: a list, ordered by name, of
 * `{ name, version, release, description, homepage, license }`; `release` is a number, the others are texts.
 * With --root: of `{ name, version, release, asked, needs, pkghash, tar }`; `asked` is false for what was brought along.
 */
export const list = command({
  usage: 'list',
  about: 'List the packages: name, version and release, description; or those of a root',
  details: 'Exit status: 0 all are listed, 1 some manifests cannot be read, 2 trouble.',
  examples: [
    ['coolports list', 'what there is'],
    ['coolports list --json', 'with licences and homepages, for a program'],
    ['coolports list --root /srv/root', 'what is installed there, and what was only brought along'],
  ],
  options: yargs => jsonOption(rootOption(yargs)),
  run: async args => {
    if (args.root !== undefined) return listInstalled(args.root, args.json)
    const read = await readTree(args.tree)
    if (!read.ok) return complain(read.error)
    const { packages, problems } = read.value
    const all = [...packages.values()].sort((a, b) => byCodeUnit(a.name, b.name))
    if (args.json) print(json(all.map(summary)))
    else for (const line of table(all)) print(line)
    return problems.length === 0 ? 0 : complain({ status: 1, messages: problems })
  },
})

async function listInstalled(root: string, asJson: boolean): Promise<number> {
  const { readRoot } = await import('../../helpers/install/database.ts')
  const read = readRoot(root, contents => ok(contents))
  if (!read.ok) return complainOfRoot('read', read.error)
  const { packages, isUnderWay } = read.value
  if (isUnderWay) say('a change of this root was cut short, or is under way')
  if (asJson) {
    const all = packages.map(({ name, version, release, asked, needs, hash, tar }) => ({
      name,
      version,
      release,
      asked,
      needs,
      pkghash: hash,
      tar,
    }))
    print(json(all))
  } else {
    const rows = packages.map(one => ({ ...one, description: one.asked ? '' : 'brought along' }))
    for (const line of table(rows)) print(line.trimEnd())
  }
  return 0
}

const summary = ({ name, version, release, description, homepage, license }: Package) => ({
  name,
  version,
  release,
  description,
  homepage,
  license,
})

function table(
  packages: readonly Pick<Package, 'name' | 'version' | 'release' | 'description'>[],
): readonly string[] {
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
