import { type Message, quoted } from '../../core/message.ts'
import { byCodeUnit } from '../../core/order.ts'
import { ok, type Result } from '../../core/result.ts'
import type { Package } from '../../generator/package.ts'
import { askingOptions, command, jsonOption } from '../command.ts'
import { findAll } from '../find.ts'
import { readTree } from '../manifests.ts'
import { complain, json, print, shown, trouble } from '../output.ts'
import { paint } from '../paint.ts'

/**
 * JSON: a list, ordered by name, of `{ name, version, newest, outdated, url, why }`: `newest` is what was found at
 * `url`; null where that is not known, with `why` as a text. Packages whose manifest says `fixed` have a null `url`.
 */
export const outdated = command({
  usage: 'outdated [packages..]',
  about: 'Tell which packages have a newer version upstream',
  details:
    'Asks where the manifests say that newer versions are found (`update`): pages by HTTP, tags by git. Nothing is changed.\nExit status: 0 none is outdated, 1 some are, 2 misuse, or it is not known of all.',
  examples: [
    ['coolports outdated', 'of the whole tree'],
    ['coolports outdated make xz --json', 'of two, for a program'],
  ],
  options: yargs => jsonOption(askingOptions(yargs)),
  run: async args => {
    const named = findAll(args.tree, args.packages ?? [])
    if (!named.ok) return complain(named.error)
    const read = await readTree(args.tree, named.value.length === 0 ? undefined : named.value)
    if (!read.ok) return complain(read.error)
    const rows = await compare([...read.value.packages.values()], args.jobs)
    if (!rows.ok) return complain(trouble(rows.error))
    if (args.json) print(json(rows.value))
    else for (const line of table(rows.value.filter(row => row.outdated))) print(line)
    const messages = [...read.value.problems, ...rows.value.flatMap(unknown)]
    if (messages.length > 0) return complain({ status: 2, messages })
    return rows.value.some(row => row.outdated) ? 1 : 0
  },
})

interface Row {
  readonly name: string
  readonly version: string
  readonly newest: string | null
  readonly outdated: boolean
  readonly url: string | null
  readonly why: string | null
}

async function compare(packages: readonly Package[], jobs: number): Promise<Result<readonly Row[], Message>> {
  const [{ newestVersions }, { compareVersions }, { connections }, { LIMITS }] = await Promise.all([
    import('../../helpers/upstream/newest.ts'),
    import('../../helpers/upstream/version.ts'),
    import('../../helpers/http/http.ts'),
    import('../../helpers/http/limits.ts'),
  ])
  const opened = connections(process.env, LIMITS)
  if (!opened.ok) return opened
  const nothing = { newest: null, outdated: false, url: null, why: null }
  const rows: Row[] = packages.flatMap(({ name, version, update }) =>
    update.kind === 'fixed' ? [{ ...nothing, name, version, why: update.why }] : [],
  )
  const watchers = packages.flatMap(({ name, version, update }) =>
    update.kind === 'fixed' ? [] : [{ name, version, update }],
  )
  const { signal } = new AbortController()
  const network = { dispatcher: opened.value, limits: LIMITS }
  for (const [{ name, version, update }, newest] of await newestVersions(watchers, network, jobs, signal)) {
    const row = { ...nothing, name, version, url: update.url }
    if (newest.ok)
      rows.push({ ...row, newest: newest.value, outdated: compareVersions(newest.value, version) > 0 })
    else rows.push({ ...row, why: newest.error })
  }
  await opened.value.destroy()
  return ok(rows.sort((a, b) => byCodeUnit(a.name, b.name)))
}

const unknown = ({ name, url, why }: Row): readonly Message[] =>
  url === null || why === null
    ? []
    : [{ cannot: `tell the newest version of ${name}`, why: `${quoted(url)} ${why}` }]

function table(rows: readonly Row[]): readonly string[] {
  const width = (key: 'name' | 'version'): number => Math.max(0, ...rows.map(row => row[key].length))
  const [names, versions] = [width('name'), width('version')]
  return rows.map(
    ({ name, version, newest, url }) =>
      `${paint.bold(name.padEnd(names))}  ${version.padEnd(versions)} -> ${paint.cyan(shown(`${newest}`))}  ${shown(`${url}`)}`,
  )
}
