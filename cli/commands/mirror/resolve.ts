import { quoted } from '../../../core/message.ts'
import { storeRoot } from '../../../core/store.ts'
import { command } from '../../command.ts'
import { complain, no, print, trouble } from '../../output.ts'

export const mirrorResolve = command({
  usage: 'resolve <name>',
  about: 'Print what an IPNS name means now',
  details:
    'Asks the gateways in $COOLPORTS_IPFS_GATEWAYS and the IPFS daemon, and believes the signature alone. A record that is older than one that was seen does not count.\nExit status: 0 it means something, 1 not, 2 trouble.',
  examples: [['coolports mirror resolve ipns://k51...', 'prints /ipfs/CID']],
  options: yargs =>
    yargs.positional('name', {
      type: 'string',
      demandOption: true,
      describe: 'the name, with or without ipns:// or /ipns/',
    }),
  run: async ({ tree, name }) => {
    const [{ ipfsAsked }, { connect }, { resolveName }, { recordsIn }, { connections }, { LIMITS }] =
      await Promise.all([
        import('../../../helpers/ipfs/asked.ts'),
        import('../../../helpers/ipfs/connect.ts'),
        import('../../../helpers/ipfs/resolve.ts'),
        import('../../../helpers/ipfs/record-folder.ts'),
        import('../../../helpers/http/http.ts'),
        import('../../../helpers/http/limits.ts'),
      ])
    const opened = connections(process.env, LIMITS)
    if (!opened.ok) return complain(trouble(opened.error))
    const asked = ipfsAsked(process.env)
    if (asked.problems.length > 0) return complain({ status: 2, messages: asked.problems })
    const { records, close } = connect(asked, { dispatcher: opened.value, limits: LIMITS }, () => {})
    try {
      const { signal } = new AbortController()
      const seen = recordsIn(storeRoot(process.env, tree))
      const resolved = await resolveName(name.replace(/^(ipns:\/\/|\/ipns\/)/, ''), {
        places: records,
        seen,
        signal,
      })
      if (!resolved.ok) return complain(no({ cannot: `resolve ${quoted(name)}`, why: resolved.error }))
      print(['/ipfs', resolved.value.cid, ...resolved.value.path].join('/'))
      return 0
    } finally {
      await close()
      await opened.value.destroy()
    }
  },
})
