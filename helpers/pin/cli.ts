import yargs from 'yargs'
import { formatMessage, type Message } from '../../core/message.ts'
import { storeRoot, treeRoot } from '../../core/store.ts'
import { readArguments } from '../fetch/arguments.ts'
import type { Surroundings } from '../fetch/cli.ts'
import { fetchAll } from '../fetch/fetch.ts'
import { lines } from '../fetch/lines.ts'
import { readRequests } from '../fetch/requests.ts'
import { LIMITS } from '../http/limits.ts'
import { ipfsAsked } from '../ipfs/asked.ts'
import { kubo } from '../ipfs/kubo.ts'
import { pinSources } from './pin.ts'

const PROGRAM = 'ipfs-pin-fetch-file'

/** Runs `ipfs-pin-fetch-file`. Answers its exit status: 0 all are pinned, 1 some are not, 2 misuse. */
export async function runPin(
  args: readonly string[],
  { env, stdout, stderr }: Surroundings,
): Promise<number> {
  const say = (messages: readonly Message[]): void => {
    for (const message of messages) stderr.write(`${formatMessage(PROGRAM, message)}\n`)
  }
  const parsed = await parse(args)
  if ('fault' in parsed) {
    say([{ cannot: 'run', why: parsed.fault, remedy: `see: ${PROGRAM} --help` }])
    return 2
  }
  if (parsed.text !== '') {
    stdout.write(`${parsed.text}\n`)
    return 0
  }
  const read = readRequests(parsed.paths)
  if (!read.ok) {
    say(read.error)
    return 2
  }
  const requests = read.value
  const tree = treeRoot()
  const store = storeRoot(env, tree)
  const plain = { good: (text: string) => text, bad: (text: string) => text }
  const report = lines(text => stderr.write(text), plain)
  const fetched = await fetchAll(requests, {
    tree,
    store,
    env,
    jobs: 4,
    verify: false,
    limits: LIMITS,
    report,
  })
  if (!fetched.ok) {
    say(fetched.error)
    return 1
  }
  const asked = ipfsAsked(env)
  say(asked.problems)
  const daemon = asked.daemon === undefined ? undefined : kubo(asked.daemon, LIMITS)
  try {
    const problems = await pinSources(requests, {
      tree,
      store,
      daemon,
      blocks: parsed.blocks,
      say: line => stdout.write(`${line}\n`),
    })
    say(problems)
    return problems.length > 0 ? 1 : 0
  } finally {
    await daemon?.close()
  }
}

type Parsed =
  | { readonly fault: string }
  | { readonly text: string; readonly paths: readonly string[]; readonly blocks: string | undefined }

async function parse(args: readonly string[]): Promise<Parsed> {
  const described = yargs()
    .scriptName(PROGRAM)
    .usage(
      `${PROGRAM} FETCHFILE...\n\nWrites the CID of every source named in the fetch files into mirrors/ipfs, and pins the source in the user's IPFS daemon if there is one. Sources are fetched first. "coolports mirror serve" gives them to others without a daemon.`,
    )
    .option('blocks', {
      type: 'string',
      requiresArg: true,
      describe: 'also write their blocks below this folder, for any web server to give as ipfs/CID',
    })
    .example(`${PROGRAM} pkg/make/.fetch`, 'pin the sources of make')
    .example('ipfs-pin-all-fetch-files', 'pin the sources of all packages')
    .epilogue(
      'The daemon is that of $IPFS_API, else of ~/.ipfs/api.\nExit status: 0 all are pinned, 1 some are not, 2 misuse.',
    )
  const { options, words: paths, text, fault: misread } = await readArguments(described, args)
  const fault = misread ?? (text === '' && paths.length === 0 ? 'no fetch file is named' : undefined)
  return fault === undefined ? { text, paths, blocks: options.blocks } : { fault }
}
