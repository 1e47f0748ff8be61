import { quoted } from '../../../core/message.ts'
import { storeRoot } from '../../../core/store.ts'
import type { Source } from '../../../helpers/mirror/push.ts'
import { command, packagesOption } from '../../command.ts'
import { wantedSources } from '../../dependencies.ts'
import { findAll } from '../../find.ts'
import { complain, no, print, type Refusal, shown, trouble } from '../../output.ts'
import { fetchSources } from './fetch-sources.ts'

export const mirrorPush = command({
  usage: 'push <repository> <packages..>',
  about: 'Push sources to a registry, and name it in mirrors/oci',
  details:
    'Those of the packages and of all that they are built from; they are fetched first. Each becomes a blob, which has its sha256, and an artifact with that as its tag. What the registry has is not sent again. Then mirrors/oci names the repository for them, and do-fetch asks it. Passwords are those that docker login or podman login keeps.\nExit status: 0 all are there, 1 one is not, 2 misuse or trouble.',
  examples: [
    ['coolports mirror push oci://registry.example/mirrors/sources make', 'what make is built from'],
    ['coolports mirror push --no-record 127.0.0.1:5000/sources zlib', 'mirrors/oci stays as it is'],
  ],
  options: yargs =>
    packagesOption(
      yargs.positional('repository', {
        type: 'string',
        demandOption: true,
        describe: 'REGISTRY/REPOSITORY, with or without oci://',
      }),
    ).option('no-record', { type: 'boolean', default: false, describe: 'leave mirrors/oci as it is' }),
  run: async args => {
    const { tree: root } = args
    const [{ parseRepository, formatReference }, { pushSources }, { bytes }] = await Promise.all([
      import('../../../helpers/oci/reference.ts'),
      import('../../../helpers/mirror/push.ts'),
      import('../../../core/size.ts'),
    ])
    const to = parseRepository(args.repository.replace(/^oci:\/\//, ''))
    if (!to.ok)
      return complain(trouble({ cannot: `push to ${quoted(args.repository)}`, why: `it ${to.error}` }))
    const named = findAll(root, args.packages)
    if (!named.ok) return complain(named.error)
    const wanted = await wantedSources(root, named.value)
    if (!wanted.ok) return complain(wanted.error)
    const fetched = await fetchSources(root, wanted.value.packages)
    if (fetched !== 0) return fetched

    const there: Source[] = []
    let sentBytes = 0
    const pushed = await pushSources(
      wanted.value.sources.map(({ request }) => request),
      to.value,
      {
        store: storeRoot(process.env, root),
        env: process.env,
        pushed(source, sent, size) {
          there.push(source)
          if (sent === 'sent') sentBytes += size
          print(`${sent === 'sent' ? 'pushed' : sent} ${shown(source.file)}`)
        },
      },
    )
    if (pushed.ok)
      print(`${formatReference(to.value)}: ${there.length} sources, ${bytes(sentBytes)} were sent`)
    const refused = args['no-record'] ? undefined : await record(root, formatReference(to.value), there)
    const failures = [...(pushed.ok ? [] : [no(pushed.error)]), ...(refused ? [refused] : [])]
    return failures.reduce((status, failure) => Math.max(status, complain(failure)), 0)
  },
})

/** Names the repository in mirrors/oci; of a push that ended early, too. */
async function record(
  root: string,
  repository: string,
  sources: readonly Source[],
): Promise<Refusal | undefined> {
  const [{ amendRecords }, { withRepository }] = await Promise.all([
    import('../../../helpers/mirror/amend.ts'),
    import('../../../helpers/mirror/oci-records.ts'),
  ])
  const messages = amendRecords(root, 'mirrors/oci', text => withRepository(text, repository, sources))
  return messages.length === 0 ? undefined : { status: 2, messages }
}
