import { quoted } from '../../../core/message.ts'
import { refuse } from '../../../core/result.ts'
import { readingFault } from '../../../core/system-error.ts'
import { command } from '../../command.ts'
import { complain, no, print, shown } from '../../output.ts'

export const mirrorCid = command({
  usage: 'cid <paths..>',
  about: 'Print the CID of files and folders, as "ipfs add -r" would give it',
  details:
    'Nothing is sent anywhere. In folders, names that begin with a dot are left out.\nExit status: 0 done, 1 one has none.',
  examples: [
    ['coolports mirror cid cache/', 'the name of a folder of packages: ipfs://CID'],
    ['coolports mirror cid musl-1.2.2.tar.gz', 'the name of a source'],
  ],
  options: yargs =>
    yargs.positional('paths', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'files or folders',
    }),
  run: async ({ paths }) => {
    const { importPath } = await import('../../../helpers/ipfs/import.ts')
    let status = 0
    for (const path of paths) {
      const cid = await importPath(path, () => {}).catch(error => refuse(readingFault(error)))
      if (cid.ok) print(`${cid.value}  ${shown(path)}`)
      else status = complain(no({ cannot: `name ${quoted(path)}`, why: cid.error }))
    }
    return status
  },
})
