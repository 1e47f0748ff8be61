import { chalkStderr } from 'chalk'
import type { Env } from '../../core/env.ts'
import { formatMessage, type Message } from '../../core/message.ts'
import { storeRoot, treeRoot } from '../../core/store.ts'
import { useStoreFor } from '../store/use.ts'
import { HELP, parseCommand } from './command.ts'
import { fetchAll } from './fetch.ts'
import { lines, type Paint } from './lines.ts'
import { loadMirrors } from './mirrors.ts'
import type { Reporter } from './reporter.ts'
import { readRequests } from './requests.ts'
import { formatWhereabouts, whereabouts } from './where.ts'

/** What the program needs of its process. */
export interface Surroundings {
  readonly env: Env
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
  const command = parseCommand(args, env)
  if (!command.ok) {
    say([{ cannot: 'run', why: command.error, remedy: 'see: do-fetch --help' }])
    return 2
  }
  if (command.value.kind === 'help') {
    stdout.write(HELP)
    return 0
  }
  const { paths, jobs, verify, where, json, limits } = command.value
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

async function reporter(stderr: Surroundings['stderr']): Promise<Reporter> {
  const paint: Paint = { good: chalkStderr.green, bad: chalkStderr.yellow }
  if (!stderr.isTTY) return lines(text => stderr.write(text), paint)
  const { bars } = await import('./bars.ts')
  return bars(stderr, paint)
}
