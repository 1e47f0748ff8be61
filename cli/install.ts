import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Result, refuse } from '../core/result.ts'
import { storeRoot } from '../core/store.ts'
import { withTrees } from '../helpers/built/closure.ts'
import type { Done, Earlier, Wanted } from '../helpers/install/change.ts'
import { DATABASE } from '../helpers/install/layout.ts'
import type { InstallProblem } from '../helpers/install/problem.ts'
import { builtClosure } from './built-closure.ts'
import { command, jobsOption, rootOption } from './command.ts'
import { complain, say, shown } from './say.ts'

export const install = command({
  usage: 'install [packages..]',
  about: 'Install packages, and what they need to run, into a root',
  details:
    'Builds what is out of date. All or nothing: what is in the way is told, and nothing is touched; a change that was cut short is completed by the next one. Edited files below /etc stay, with the new ones beside them as .new',
  examples: [
    ['coolports install --root /srv/root make zlib', 'make, zlib and what they need'],
    ['coolports install --root /srv/root --rollback', 'take back a change that was cut short'],
  ],
  options: yargs =>
    jobsOption(rootOption(yargs))
      .positional('packages', { type: 'string', array: true, default: [] as string[], describe: 'packages' })
      .demandOption('root')
      .option('generations', {
        type: 'boolean',
        default: false,
        describe: 'keep the states of the root: DIR/current is the newest, rollback switches',
      })
      .option('resume', { type: 'boolean', default: false, describe: 'complete a change that was cut short' })
      .option('rollback', { type: 'boolean', default: false, describe: 'take it back' })
      .check(({ packages, resume, rollback }) => {
        if (resume && rollback) throw new Error('--resume and --rollback are two ways')
        if ((resume || rollback) === packages.length > 0)
          throw new Error('either packages are named, or --resume or --rollback')
        return true
      }),
  run: async args => {
    const [{ resumeRoot }, { hasGenerations }] = await Promise.all([
      import('../helpers/install/change.ts'),
      import('../helpers/install/current.ts'),
    ])
    const root = args.root ?? ''
    if (args.resume || args.rollback) {
      // A generation comes as a whole or not at all.
      const ended = hasGenerations(root)
        ? refuse([{ kind: 'nothing under way', root } as const])
        : resumeRoot(root, args.resume ? 'forward' : 'back')
      if (!ended.ok) return complainOf(args.resume ? 'go on' : 'go back', ended.error)
      say(ended.value === 'forward' ? 'the change is completed' : 'the change is taken back')
      return 0
    }
    const members = await builtClosure(args.tree, args.packages, args.jobs ?? 1)
    if (!members.ok) return complain(members.error)
    const asRoot = process.getuid?.() === 0
    const { readCandidates } = await import('../helpers/install/candidate.ts')
    const store = storeRoot(process.env, args.tree)
    const done = await withTrees(store, members.value, async use => {
      const candidates = await readCandidates(use, members.value, { asRoot })
      if (!candidates.ok) return candidates
      return changeIn(root, { add: candidates.value, remove: [] }, args.generations)
    })
    if (!done.ok) return complainOf('install', done.error)
    tell(done.value)
    if (!asRoot) for (const { name, setuid } of members.value) tellNotSetuid(name, setuid)
    return done.value.unfinished ? complainOf('install', done.value.unfinished) : 0
  },
})

/** Changes a root, or makes its next generation where it has such, or is to have. */
export async function changeIn(
  root: string,
  wanted: Wanted,
  generations = false,
): Promise<Result<Done & { readonly generation?: number }, readonly InstallProblem[]>> {
  const [{ changeRoot }, { changeGeneration }, { hasGenerations }] = await Promise.all([
    import('../helpers/install/change.ts'),
    import('../helpers/install/generations.ts'),
    import('../helpers/install/current.ts'),
  ])
  if (hasGenerations(root)) return changeGeneration(root, wanted)
  if (!generations) return changeRoot(root, wanted, tellEarlier)
  return existsSync(join(root, DATABASE))
    ? refuse([{ kind: 'plain root', root }])
    : changeGeneration(root, wanted)
}

const tellEarlier = (earlier: Earlier): void => say(`an earlier change was cut short, and is ${earlier} now`)

function tellNotSetuid(name: string, paths: readonly string[]): void {
  for (const path of paths) say(`${name}: ${shown(path)} is not set-uid: only root installs it so`)
}

/** Says on stderr what was done. */
export function tell({ came, went, kept, generation }: Done & { readonly generation?: number }): void {
  for (const label of came) say(`installed ${label}`)
  for (const label of went) say(`removed ${label}`)
  if (generation !== undefined) say(`generation ${generation} is current`)
  for (const { path, beside, isBesideEdited } of kept) {
    const where =
      beside === undefined
        ? ''
        : isBesideEdited
          ? `; so was ${shown(beside)}, which is kept, too: the package's own one is not written`
          : `; the package's own is ${shown(beside)}`
    say(`kept ${shown(path)}, which was edited${where}`)
  }
}

/** Says what stands against a change. */
export async function complainOf(action: string, problems: readonly InstallProblem[]): Promise<number> {
  const { installMessage, installStatus } = await import('../helpers/install/problem.ts')
  return complain({
    status: problems.some(problem => installStatus(problem) === 2) ? 2 : 1,
    messages: problems.map(problem => installMessage(action, problem)),
  })
}
