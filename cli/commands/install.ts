import { refuse } from '../../core/result.ts'
import { storeRoot } from '../../core/store.ts'
import { withTrees } from '../../helpers/built/closure.ts'
import { builtClosure } from '../built-closure.ts'
import { command, jobsOption, rootOption } from '../command.ts'
import { complain, say, shown } from '../output.ts'
import { changePackages, complainOfRoot, tellChange } from '../root.ts'

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
      import('../../helpers/install/change.ts'),
      import('../../helpers/install/current.ts'),
    ])
    const root = args.root
    if (args.resume || args.rollback) {
      // A generation comes as a whole or not at all.
      const ended = hasGenerations(root)
        ? refuse([{ kind: 'nothing under way', root } as const])
        : resumeRoot(root, args.resume ? 'forward' : 'back')
      if (!ended.ok) return complainOfRoot(args.resume ? 'go on' : 'go back', ended.error)
      say(ended.value === 'forward' ? 'the change is completed' : 'the change is taken back')
      return 0
    }
    const members = await builtClosure(args.tree, args.packages, args.jobs ?? 1)
    if (!members.ok) return complain(members.error)
    const asRoot = process.getuid?.() === 0
    const { readCandidates } = await import('../../helpers/install/candidate.ts')
    const store = storeRoot(process.env, args.tree)
    const done = await withTrees(store, members.value, async use => {
      const candidates = await readCandidates(use, members.value, { asRoot })
      if (!candidates.ok) return candidates
      return changePackages(root, { add: candidates.value, remove: [] }, args.generations)
    })
    if (!done.ok) return complainOfRoot('install', done.error)
    tellChange(done.value)
    if (!asRoot) for (const { name, setuid } of members.value) tellNotSetuid(name, setuid)
    return done.value.unfinished ? complainOfRoot('install', done.value.unfinished) : 0
  },
})

function tellNotSetuid(name: string, paths: readonly string[]): void {
  for (const path of paths) say(`${name}: ${shown(path)} is not set-uid: only root installs it so`)
}
