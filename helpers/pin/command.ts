import { parseOptions } from '../../core/options.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** What ipfs-pin-fetch-file is asked to do. */
type Command =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'pin'
      /** Fetch files. */
      readonly paths: readonly string[]
      /** A folder for their blocks. */
      readonly blocks: string | undefined
    }

export const HELP = `usage: ipfs-pin-fetch-file [--blocks DIR] FETCHFILE...
  writes the CID of every source named in the fetch files into mirrors/ipfs, and pins the source in the user's
  IPFS daemon if there is one; sources are fetched first. "coolports mirror serve" gives them to others without a
  daemon. ipfs-pin-all-fetch-files does it for the sources of all packages.
options:
  --blocks DIR   also write their blocks below this folder, for any web server to give as ipfs/CID
examples:
  ipfs-pin-fetch-file pkg/make/.fetch   pin the sources of make
  ipfs-pin-all-fetch-files              pin the sources of all packages
environment:
  IPFS_API       the daemon (that of ~/.ipfs/api)
exit status: 0 all are pinned, 1 some are not, 2 misuse
`

export function parseCommand(args: readonly string[]): Result<Command, string> {
  const parsed = parseOptions(args, {
    allowPositionals: true,
    options: { blocks: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (!parsed.ok) return parsed
  const { values, positionals: paths } = parsed.value
  if (values.help) return ok({ kind: 'help' })
  if (values.blocks === '') return refuse('--blocks needs a folder')
  if (paths.length === 0) return refuse('no fetch file is named')
  return ok({ kind: 'pin', paths, blocks: values.blocks })
}
