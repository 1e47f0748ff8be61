import { existsSync } from 'node:fs'
import { quoted } from '../../../core/message.ts'
import { storeRoot } from '../../../core/store.ts'
import { systemFault } from '../../../core/system-error.ts'
import type { StoreEntry } from '../../../helpers/store/entries.ts'
import type { Plan, Stay } from '../../../helpers/store/plan.ts'
import { command, jsonOption } from '../../command.ts'
import { complain, json, no, print, shown, trouble } from '../../output.ts'
import { readAmount } from './amount.ts'
import { moment, named } from './stored.ts'

/**
 * JSON: `{ budget, before, after, free, stay }`: bytes, and lists of `{ kind, name, label, bytes, used, why, by }`;
 * of `free` `why` and `by` are null, of `stay` `why` is "held", "in use", "fits" or "belongs", and `by` the owner
 * or the package, or null.
 */
export const cacheGc = command({
  usage: 'gc',
  about: 'Free what was not used for longest, until the store fits into a budget',
  details:
    'What a venv or a running build uses stays, whatever the budget. Builds may run meanwhile.\nExit status: 0 it fits, 1 what stays is more than the budget, 2 misuse or trouble.',
  examples: [
    ['coolports cache gc --budget 20G', 'all but the latest 20 GB'],
    ['coolports cache gc --budget 0 --dry-run', 'what could go, and why the rest stays'],
  ],
  options: yargs =>
    jsonOption(yargs)
      .option('budget', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'what the store may take: 800M, 20G, 1.5T',
      })
      .option('dry-run', {
        alias: 'n',
        type: 'boolean',
        default: false,
        describe: 'only tell what would go, and why the rest stays',
      }),
  run: async args => {
    const budget = readAmount(args.budget)
    if (!budget.ok)
      return complain(trouble({ cannot: `keep to the budget ${quoted(args.budget)}`, why: budget.error }))
    const store = storeRoot(process.env, args.tree)
    if (!existsSync(store)) {
      print(`nothing to free: there is no store at ${shown(store)}`)
      return 0
    }
    const [{ gc, gcPlan }, { bytesOf }, { labels }, { bytes }] = await Promise.all([
      import('../../../helpers/store/gc.ts'),
      import('../../../helpers/store/entries.ts'),
      import('../../../helpers/store/label.ts'),
      import('../../../core/size.ts'),
    ])
    const label = labels(store)
    const names = new Map<string, string | undefined>()
    const dry = args['dry-run']
    // Their keys go with them.
    const first = gcPlan(store, budget.value)
    for (const entry of first.free) names.set(`${entry.kind} ${entry.name}`, label(entry))
    let plan: Plan
    try {
      plan = dry ? first : await gc(store, budget.value)
    } catch (error) {
      const fault = systemFault(error)
      if (fault === undefined) throw error
      return complain(trouble({ cannot: `free anything in ${quoted(store)}`, why: fault.why }))
    }
    const { free, stay, before, after } = plan
    const told = (entry: StoreEntry) => ({
      kind: entry.kind,
      name: entry.name,
      label: names.get(`${entry.kind} ${entry.name}`) ?? label(entry) ?? null,
      bytes: bytesOf([entry]),
      used: new Date(entry.used).toISOString(),
    })
    const line = (entry: StoreEntry): string =>
      `${bytes(bytesOf([entry])).padStart(8)} ${named(entry, told(entry).label ?? undefined)}, used ${moment(entry.used)}`
    if (args.json) {
      print(
        json({
          budget: budget.value,
          before,
          after,
          free: free.map(entry => ({ ...told(entry), why: null, by: null })),
          stay: stay.map(([entry, reason]) => ({ ...told(entry), why: reason.why, by: ownerOf(reason) })),
        }),
      )
    } else {
      for (const entry of free) print(`${dry ? 'would free' : 'free'} ${line(entry)}`)
      for (const [why, some] of reasons(stay))
        print(
          `stay ${bytes(bytesOf(some)).padStart(8)} ${some.length} ${some.length === 1 ? 'entry' : 'entries'}: ${why}`,
        )
      print(
        `${dry ? 'would free' : 'freed'} ${bytes(before - after)} of ${bytes(before)}, ${bytes(after)} stay`,
      )
    }
    if (after <= budget.value) return 0
    return complain(
      no({ cannot: `keep to the budget ${quoted(args.budget)}`, why: `${bytes(after)} are in use or held` }),
    )
  },
})

const ownerOf = (stay: Stay): string | null =>
  stay.why === 'held' ? stay.by : stay.why === 'belongs' ? stay.to : null

/** The reasons why entries stay, each with those that it keeps. */
function reasons(stay: Plan['stay']): ReadonlyMap<string, readonly StoreEntry[]> {
  const found = new Map<string, StoreEntry[]>()
  for (const [entry, reason] of stay) {
    const why = words(reason)
    found.set(why, [...(found.get(why) ?? []), entry])
  }
  return found
}

function words(stay: Stay): string {
  switch (stay.why) {
    case 'held':
      return `held by ${quoted(stay.by)}`
    case 'in use':
      return 'in use by what runs now'
    case 'fits':
      return 'used later than what goes, and fits into the budget'
    case 'belongs':
      return 'notes of packages that stay'
  }
}
