import type { Env } from '../../core/env.ts'
import { parseOptions } from '../../core/options.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { LIMITS, type Limits } from '../http/limits.ts'

/** What do-fetch is asked to do. */
type Command =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'fetch'
      /** Fetch files. */
      readonly paths: readonly string[]
      readonly jobs: number
      readonly verify: boolean
      readonly where: boolean
      readonly json: boolean
      readonly limits: Limits
    }

export const HELP = `usage: do-fetch [OPTION...] FETCHFILE...
  makes sure that every source named in the fetch files is in the local store, verified by its sha256
options:
  -j, --jobs N                sources fetched at once (4)
  --verify                    read what is in the store again, and fetch what is damaged
  --where                     list where each source could be had, and fetch nothing
  --json                      the same list for a program
  --attempts N                how often one place is asked (${LIMITS.attempts})
  --backoff SECONDS           before the second attempt (${LIMITS.backoffMs / 1000}); doubled before each further one
  --connect-timeout SECONDS   until a connection stands ($COOLPORTS_FETCH_CONNECT_TIMEOUT, else ${LIMITS.connectMs / 1000})
  --idle-timeout SECONDS      that a place may send nothing ($COOLPORTS_FETCH_IDLE_TIMEOUT, else ${LIMITS.idleMs / 1000});
                              after ${LIMITS.nextAfterMs / 1000} the next place is asked as well
places, in this order:
  mirrors/files; mirrors/ipfs from the gateways in $COOLPORTS_IPFS_GATEWAYS, the peers in $COOLPORTS_IPFS_PEERS
  or a daemon ($IPFS_API, ~/.ipfs/api; PKG_MIRROR_IPFS=no asks none); mirrors/oci; mirrors/debian below
  $COOLPORTS_DEBIAN_MIRRORS (else the machine's own apt sources); mirrors/http; the urls
examples:
  do-fetch pkg/make/.fetch          fetch the sources of make
  do-fetch --where pkg/*/.fetch     see where all sources could be had
  do-fetch --verify pkg/*/.fetch    check the store
environment:
  COOLPORTS_STORE                     the store (.store in the tree)
  http_proxy, https_proxy, all_proxy, no_proxy   are respected, as by curl; but no SOCKS
  NETRC                               a file of passwords for web servers (~/.netrc)
  NODE_EXTRA_CA_CERTS                 a file of certificates that are believed as well, as of a proxy that opens https
exit status: 0 all sources are in the store, 1 some cannot be had, 2 misuse
`

export function parseCommand(args: readonly string[], env: Env): Result<Command, string> {
  const parsed = parseOptions(args, OPTIONS)
  if (!parsed.ok) return parsed
  const { values, positionals: paths } = parsed.value
  if (values.help) return ok({ kind: 'help' })
  if (paths.length === 0) return refuse('no fetch file is named')
  const { verify = false, where = false, json = false } = values
  const jobs = Number(values.jobs ?? 4)
  const attempts = Number(values.attempts ?? LIMITS.attempts)
  for (const [option, number] of Object.entries({ '-j': jobs, '--attempts': attempts }))
    if (!(Number.isSafeInteger(number) && number > 0)) return refuse(`${option} needs a whole number above 0`)
  const backoffMs = milliseconds(values.backoff, LIMITS.backoffMs)
  if (!(backoffMs >= 0)) return refuse('--backoff needs a number of seconds')
  const { COOLPORTS_FETCH_CONNECT_TIMEOUT: connect, COOLPORTS_FETCH_IDLE_TIMEOUT: idle } = env
  const connectMs = milliseconds(values['connect-timeout'] ?? (connect || undefined), LIMITS.connectMs)
  const idleMs = milliseconds(values['idle-timeout'] ?? (idle || undefined), LIMITS.idleMs)
  const patience = { '--connect-timeout': connectMs, '--idle-timeout': idleMs }
  for (const [option, ms] of Object.entries(patience)) {
    const variable = `$COOLPORTS_FETCH${option.slice(1).replaceAll('-', '_').toUpperCase()}`
    if (!(ms > 0)) return refuse(`${option}, or ${variable}, needs a number of seconds above 0`)
  }
  const limits = { ...LIMITS, attempts, backoffMs, connectMs, idleMs }
  return ok({ kind: 'fetch', paths, jobs, verify, where, json, limits })
}

const milliseconds = (seconds: string | undefined, usual: number): number =>
  seconds === undefined ? usual : Number(seconds || Number.NaN) * 1000

const OPTIONS = {
  allowPositionals: true,
  options: {
    jobs: { type: 'string', short: 'j' },
    verify: { type: 'boolean' },
    where: { type: 'boolean' },
    json: { type: 'boolean' },
    attempts: { type: 'string' },
    backoff: { type: 'string' },
    'connect-timeout': { type: 'string' },
    'idle-timeout': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
} as const
