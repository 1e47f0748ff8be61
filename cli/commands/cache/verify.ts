import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { quoted } from '../../../core/message.ts'
import { LAST_PACKAGE_FILE, PACKAGE_FILE } from '../../../core/name.ts'
import { storeRoot } from '../../../core/store.ts'
import { systemFault } from '../../../core/system-error.ts'
import type { StoreEntry } from '../../../helpers/store/entries.ts'
import { command, jsonOption } from '../../command.ts'
import { complain, json, no, print, shown } from '../../output.ts'
import { named } from './stored.ts'

/**
 * JSON: `{ read, damaged }`: a number, and a list of `{ kind, name, label, why, aside }`; `aside` is the folder
 * that it was put into, or null where that could not be done.
 */
export const cacheVerify = command({
  usage: 'verify',
  about: 'Read all that the store holds, and set aside what is damaged',
  details:
    'What is set aside lies below damaged/ in the store, and is fetched, built or unpacked again when it is needed. A package of the tree that is the very same file is removed as well.\nExit status: 0 all is what its name says, 1 something is not, 2 misuse or trouble.',
  examples: [
    ['coolports cache verify', 'after a crash of the machine'],
    ['coolports cache verify --json', 'for a program'],
  ],
  options: yargs => jsonOption(yargs),
  run: async args => {
    const [{ setAside, verifyStore }, { labels }, { liveRoots }] = await Promise.all([
      import('../../../helpers/store/verify.ts'),
      import('../../../helpers/store/label.ts'),
      import('../../../helpers/store/roots.ts'),
    ])
    const store = storeRoot(process.env, args.tree)
    const label = labels(store)
    const damaged: object[] = []
    let read = 0
    for await (const found of verifyStore(store)) {
      read++
      if (!('why' in found)) continue
      const { entry, why } = found
      const called = label(entry)
      let aside: string | null = null
      let trouble: string | undefined
      try {
        aside = await setAside(store, entry)
      } catch (error) {
        trouble = systemFault(error)?.why
        if (trouble === undefined) throw error
      }
      const removed = removeTwins(args.tree, entry)
      damaged.push({ kind: entry.kind, name: entry.name, label: called ?? null, why, aside })
      complain(
        no({
          cannot: `trust ${named(entry, called).replace(/ +/g, ' ')}`,
          why,
          facts: [
            aside === null ? ['not set aside', trouble ?? ''] : ['set aside', shown(aside)],
            ...removed.map(path => ['removed', shown(path)] as const),
          ],
        }),
      )
    }
    const unreadable = liveRoots(store).filter(({ owner }) => owner === undefined)
    for (const { path } of unreadable) {
      damaged.push({ kind: 'roots', name: path, label: null, why: 'it cannot be read', aside: null })
      complain(
        no({
          cannot: `read the root ${quoted(path)}`,
          why: 'it names no owner',
          remedy: 'until it is removed, nothing is freed',
        }),
      )
    }
    if (args.json) print(json({ read, damaged }))
    else print(`${read} entries read, ${damaged.length} damaged`)
    return damaged.length > 0 ? 1 : 0
  },
})

/** Removes packages of the tree that are the very file: redo would take them for good. */
function removeTwins(root: string, { kind, blocks }: StoreEntry): readonly string[] {
  if (kind !== 'packages') return []
  const removed: string[] = []
  for (const name of foldersIn(join(root, 'pkg'))) {
    for (const file of [PACKAGE_FILE, LAST_PACKAGE_FILE]) {
      const path = join(root, 'pkg', name, file)
      const stats = lstatSync(path, { throwIfNoEntry: false })
      if (!stats?.isFile() || !blocks.has(`${stats.dev}:${stats.ino}`)) continue
      rmSync(path)
      removed.push(path)
    }
  }
  return removed
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(({ name }) => name)
  } catch {
    return []
  }
}
