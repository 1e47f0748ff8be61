import { formatMessage, type Message } from '../../core/message.ts'
import { storeRoot, treeRoot } from '../../core/store.ts'
import type { Surroundings } from '../fetch/cli.ts'
import { fetchAll } from '../fetch/fetch.ts'
import { lines } from '../fetch/lines.ts'
import { readRequests } from '../fetch/requests.ts'
import { LIMITS } from '../http/limits.ts'
import { ipfsAsked } from '../ipfs/asked.ts'
import { kubo } from '../ipfs/kubo.ts'
import { HELP, parseCommand } from './command.ts'
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
  const command = parseCommand(args)
  if (!command.ok) {
    say([{ cannot: 'run', why: command.error, remedy: `see: ${PROGRAM} --help` }])
    return 2
  }
  if (command.value.kind === 'help') {
    stdout.write(HELP)
    return 0
  }
  const { paths, blocks } = command.value
  const read = readRequests(paths)
  if (!read.ok) {
    say(read.error)
    return 2
  }
  const requests = read.value
  const asked = ipfsAsked(env)
  say(asked.problems)
  // Who named one would take the sources for pinned.
  if (env.IPFS_API?.trim() && asked.daemon === undefined) return 2
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
  const daemon = asked.daemon === undefined ? undefined : kubo(asked.daemon, LIMITS)
  try {
    const problems = await pinSources(requests, {
      tree,
      store,
      daemon,
      blocks,
      say: line => stdout.write(`${line}\n`),
    })
    say(problems)
    return problems.length > 0 ? 1 : 0
  } finally {
    await daemon?.close()
  }
}
