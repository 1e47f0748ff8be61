import { chalkStderr } from 'chalk'
import yargs from 'yargs'
import { formatMessage, type Message } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { storeRoot, treeRoot } from '../../core/store.ts'
import { LIMITS, type Limits } from '../http/limits.ts'
import { useStoreFor } from '../store/use.ts'
import { readArguments } from './arguments.ts'
import { fetchAll } from './fetch.ts'
import { lines, type Paint } from './lines.ts'
import { loadMirrors } from './mirrors.ts'
import type { Reporter } from './reporter.ts'
import { readRequests } from './requests.ts'
import { formatWhereabouts, whereabouts } from './where.ts'

/** What the program needs of its process. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: { write(text: string): unknown }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** Runs `do-fetch` with these arguments. Answers its exit status: 0 all there, 1 some cannot be had, 2 misuse. */
export async function runFetch(
  args: readonly string[],
  { env, stdout, stderr }: Surroundings,
): Promise<number> {
  const say = (messages: readonly Message[]): void => {
    for (const message of messages) stderr.write(`${formatMessage('do-fetch', message)}\n`)
  }
  const parsed = await parse(args, env)
  if (!parsed.ok) {
    say([parsed.error])
    return 2
  }
  if (parsed.value.text !== '') {
    stdout.write(`${parsed.value.text}\n`)
    return 0
  }
  const { paths, jobs, verify, where, json, limits } = parsed.value
  const requests = readRequests(paths)
  if (!requests.ok) {
    say(requests.error)
    return 2
  }
  const tree = treeRoot()
  const store = storeRoot(env, tree)
  if (where || json) {
    const { mirrors, problems } = loadMirrors(tree, env)
    say(problems)
    const found = requests.value.map(request => whereabouts(request, store, mirrors))
    stdout.write(
      json ? `${JSON.stringify(found, null, 2)}\n` : found.map(one => `${formatWhereabouts(one)}\n`).join(''),
    )
    return 0
  }
  // Who asks uses them next: the script of a rule, and what it builds. A store that refuses tells below.
  await useStoreFor(process.ppid, store, { distfiles: requests.value.map(({ sha256 }) => sha256) }).catch(
    () => {},
  )
  const fetched = await fetchAll(requests.value, {
    tree,
    store,
    env,
    jobs,
    verify,
    limits,
    report: await reporter(stderr),
  })
  if (!fetched.ok) say(fetched.error)
  return fetched.ok ? 0 : 1
}

interface Parsed {
  /** Help, the version or a completion script, if that was asked for. */
  readonly text: string
  readonly paths: readonly string[]
  readonly jobs: number
  readonly verify: boolean
  readonly where: boolean
  readonly json: boolean
  readonly limits: Limits
}

async function parse(args: readonly string[], env: Surroundings['env']): Promise<Result<Parsed, Message>> {
  const seconds = (name: string, ms: number): number => Number(env[name] || ms / 1000)
  const described = yargs()
    .scriptName('do-fetch')
    .usage(
      'do-fetch FETCHFILE...\n\nMakes sure that every source named in the fetch files is in the local store, verified by its sha256.',
    )
    .option('jobs', { alias: 'j', type: 'number', default: 4, describe: 'sources fetched at once' })
    .option('verify', {
      type: 'boolean',
      default: false,
      describe: 'read what is in the store again, and fetch what is damaged',
    })
    .option('where', {
      type: 'boolean',
      default: false,
      describe: 'list where each source could be had, and fetch nothing',
    })
    .option('json', { type: 'boolean', default: false, describe: 'the same list for a program' })
    .option('attempts', {
      type: 'number',
      default: LIMITS.attempts,
      describe: 'how often one place is asked',
    })
    .option('backoff', {
      type: 'number',
      default: LIMITS.backoffMs / 1000,
      describe: 'seconds before the second attempt; doubled before each further one',
    })
    .option('connect-timeout', {
      type: 'number',
      default: seconds('COOLPORTS_FETCH_CONNECT_TIMEOUT', LIMITS.connectMs),
      defaultDescription: '$COOLPORTS_FETCH_CONNECT_TIMEOUT or 10',
      describe: 'seconds until a connection stands',
    })
    .option('idle-timeout', {
      type: 'number',
      default: seconds('COOLPORTS_FETCH_IDLE_TIMEOUT', LIMITS.idleMs),
      defaultDescription: '$COOLPORTS_FETCH_IDLE_TIMEOUT or 30',
      describe: 'seconds that a place may send nothing; 5 at first while others were not asked',
    })
    .example('do-fetch pkg/make/.fetch', 'fetch the sources of make')
    .example('do-fetch --where pkg/*/.fetch', 'see where all sources could be had')
    .example('do-fetch --verify pkg/*/.fetch', 'check the store')
    .epilogue(
      'Places, in order: mirrors/files, mirrors/ipfs from the gateways in $COOLPORTS_IPFS_GATEWAYS, the peers in ' +
        '$COOLPORTS_IPFS_PEERS or a daemon ($IPFS_API, ~/.ipfs/api; PKG_MIRROR_IPFS=no asks none), mirrors/oci, mirrors/debian below ' +
        "$COOLPORTS_DEBIAN_MIRRORS (else the machine's own apt sources), mirrors/http, the urls. $COOLPORTS_STORE is " +
        'the store, else .store in the tree.\n' +
        '$http_proxy, $https_proxy and $no_proxy are respected.\n' +
        'Exit status: 0 all sources are in the store, 1 some cannot be had, 2 misuse.',
    )
  const { options: argv, words: paths, text, fault: misread } = await readArguments(described, args)
  let fault = misread
  const numbers = [argv.jobs, argv.attempts, argv['connect-timeout'], argv['idle-timeout'], argv.backoff]
  if (fault === undefined && text === '') {
    if (paths.length === 0) fault = 'no fetch file is named'
    else if (numbers.some((number, index) => !(number > 0 || (index === 4 && number === 0))))
      fault = 'a number is not above 0'
  }
  if (fault !== undefined) return refuse({ cannot: 'run', why: fault, remedy: 'see: do-fetch --help' })
  const { jobs, verify, where, json, attempts } = argv
  const limits = {
    ...LIMITS,
    attempts,
    connectMs: argv['connect-timeout'] * 1000,
    idleMs: argv['idle-timeout'] * 1000,
    backoffMs: argv.backoff * 1000,
  }
  return ok({ text, paths, jobs, verify, where, json, limits })
}

async function reporter(stderr: Surroundings['stderr']): Promise<Reporter> {
  const paint: Paint = { good: chalkStderr.green, bad: chalkStderr.yellow }
  if (!stderr.isTTY) return lines(text => stderr.write(text), paint)
  const { bars } = await import('./bars.ts')
  return bars(stderr, paint)
}
