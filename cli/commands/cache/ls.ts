import { storeRoot } from '../../../core/store.ts'
import { command, jsonOption } from '../../command.ts'
import { json, print, shown } from '../../output.ts'
import { paint } from '../../paint.ts'
import { moment, named } from './stored.ts'

/**
 * JSON: `{ store, bytes, entries, unknown }`; `entries` is a list of `{ kind, name, label, bytes, used, held }`
 * with the latest use first: `kind` is "distfiles", "packages", "trees", "skeletons" or "contents", `label` a
 * text or null, `used` an ISO time, `held` a list of the owners of roots; `unknown` is a list of paths.
 */
export const cacheLs = command({
  usage: 'ls',
  about: 'List what the store holds, the latest use first',
  details: 'A size is what an entry takes on the disk. Files of two names are counted once in the sum.',
  examples: [
    ['coolports cache ls', 'sources, packages, unpacked trees'],
    ['coolports cache ls --json', 'for a program'],
  ],
  options: yargs => jsonOption(yargs),
  run: async args => {
    const [{ bytesOf, storeEntries }, { labels }, { liveRoots }, { bytes }] = await Promise.all([
      import('../../../helpers/store/entries.ts'),
      import('../../../helpers/store/label.ts'),
      import('../../../helpers/store/roots.ts'),
      import('../../../core/size.ts'),
    ])
    const store = storeRoot(process.env, args.tree)
    const { entries, unknown } = storeEntries(store)
    const label = labels(store)
    const roots = liveRoots(store)
    const sorted = [...entries].sort((a, b) => b.used - a.used)
    const holders = (kind: string, name: string): readonly string[] =>
      roots
        .filter(({ trees, packages }) =>
          (kind === 'trees' ? trees : kind === 'packages' ? packages : []).some(digest => digest === name),
        )
        .flatMap(({ owner }) => owner ?? [])
    if (args.json) {
      const list = sorted.map(entry => ({
        kind: entry.kind,
        name: entry.name,
        label: label(entry) ?? null,
        bytes: bytesOf([entry]),
        used: new Date(entry.used).toISOString(),
        held: holders(entry.kind, entry.name),
      }))
      print(json({ store, bytes: bytesOf(entries), entries: list, unknown }))
      return 0
    }
    for (const entry of sorted) {
      const held = holders(entry.kind, entry.name).map(owner => ` held by ${shown(owner)}`)
      print(
        `${moment(entry.used)} ${bytes(bytesOf([entry])).padStart(8)} ${named(entry, label(entry))}${held.join(',')}`,
      )
    }
    for (const path of unknown) print(paint.yellow(`unknown, left alone: ${shown(path)}`))
    print(
      `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}, ${bytes(bytesOf(entries))} in ${shown(store)}`,
    )
    return 0
  },
})
