import { storeRoot } from '../../../core/store.ts'
import type { Availability } from '../../../helpers/mirror/census.ts'
import { askingOptions, command, jsonOption } from '../../command.ts'
import { wantedSources } from '../../dependencies.ts'
import { findAll } from '../../find.ts'
import { complain, json, no, print, say, shown, trouble } from '../../output.ts'
import { paint } from '../../paint.ts'

/**
 * JSON: a list of `{ file, sha256, packages, owners, places }`; `owners` are those who have it, `places` is a
 * list of `{ kind, at, owner, has, why }`, in the order in which they would be asked; `why` is null where it has it.
 */
export const mirrorStatus = command({
  usage: 'status [packages..]',
  about: 'Ask in how many independent places each source can be had now',
  details:
    'Of the packages and all that must be built for them, or of the whole tree. Places of one host count once, and so do all archives of Debian; the store does not count. A source that lies in the tree is in each clone of it: that is enough. Nothing is fetched: a file of this machine is read, a server is asked for the first byte and how many there are, and its word is taken.\nExit status: 0 each source has enough, 1 one has fewer, or a manifest is refused, 2 misuse or trouble.',
  examples: [
    ['coolports mirror status', 'all sources of the tree'],
    ['coolports mirror status --at-least 3 make', 'make and all that it is built from'],
  ],
  options: yargs =>
    jsonOption(askingOptions(yargs))
      .option('at-least', {
        type: 'number',
        default: 2,
        requiresArg: true,
        describe: 'how many places are enough',
      })
      .check(args => {
        if (Number.isSafeInteger(args['at-least']) && args['at-least'] >= 0) return true
        throw new Error('--at-least needs a whole number, at least 0')
      }),
  run: async args => {
    const named = findAll(args.tree, args.packages ?? [])
    if (!named.ok) return complain(named.error)
    const wanted = await wantedSources(args.tree, named.value)
    if (!wanted.ok) return complain(wanted.error)
    const [{ census }, { loadMirrors }, { connections }, { ipfsLater }, { LIMITS }] = await Promise.all([
      import('../../../helpers/mirror/census.ts'),
      import('../../../helpers/fetch/mirrors.ts'),
      import('../../../helpers/http/http.ts'),
      import('../../../helpers/fetch/ipfs-later.ts'),
      import('../../../helpers/http/limits.ts'),
    ])
    const { mirrors, problems } = loadMirrors(args.tree, process.env)
    for (const problem of problems) complain(no(problem))
    const limits = { ...LIMITS, idleMs: 10_000 }
    const opened = connections(process.env, limits)
    if (!opened.ok) return complain(trouble(opened.error))
    const { signal } = new AbortController()
    const network = { dispatcher: opened.value, limits }
    const ipfs = ipfsLater(process.env, network, say)
    const store = storeRoot(process.env, args.tree)
    const asking = { ...network, signal, env: process.env, store, ipfs: ipfs.open }
    const requests = wanted.value.sources.map(({ request }) => request)
    const found = await census(requests, mirrors, asking, args.jobs)
    await ipfs.close()
    await opened.value.destroy()
    const least = args['at-least']
    if (args.json) {
      const list = found.map((one, index) => ({
        file: one.file,
        sha256: one.sha256,
        packages: wanted.value.sources[index]?.packages ?? [],
        owners: one.owners,
        places: one.places,
      }))
      print(json(list))
    } else {
      const width = Math.max(0, ...found.map(({ file }) => file.length))
      for (const one of found) {
        const { file, owners, places } = one
        const few = isScarce(one, least)
        const count = String(owners.length).padStart(3)
        print(
          `${few ? paint.red(count) : count}  ${file.padEnd(width)}  ${owners.map(shown).join(', ')}`.trimEnd(),
        )
        for (const { at, why } of few ? places : [])
          if (why !== null) print(`       ${shown(at)}: ${shown(why)}`)
      }
    }
    const few = found.filter(one => isScarce(one, least))
    const messages = [...wanted.value.problems]
    if (few.length > 0)
      messages.push({
        cannot: `count on ${few.length} of ${found.length} sources`,
        why: `they can be had in fewer than ${least} places`,
        remedy: 'add urls, or a mirror: mirrors/debian, mirrors/http, mirrors/oci, mirrors/files',
      })
    return messages.length === 0 ? 0 : complain({ status: 1, messages })
  },
})

/** What lies in the tree is in each clone of it, and does not go away with anybody's server. */
const isScarce = ({ owners, places }: Availability, least: number): boolean =>
  owners.length < least && !places.some(({ kind, has }) => kind === 'tree' && has)
