import type { Env } from '../../core/env.ts'
import { type Message, quoted } from '../../core/message.ts'
import { withoutPassword } from '../http/url.ts'
import type { Place } from './place.ts'
import { placeOf } from './schemes.ts'

export interface Opening {
  readonly places: readonly Place[]
  /** The urls of which nothing can be read, as they may be shown, and why. */
  readonly faults: readonly { readonly url: string; readonly why: string; readonly message: Message }[]
}

/** What decides how a place is reached, and as whom, but for its url: a worker serves guests of the run, too. */
const AROUND = [
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'HOME',
  'NETRC',
  'DOCKER_CONFIG',
  'REGISTRY_AUTH_FILE',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'COOLPORTS_IPFS_GATEWAYS',
  'COOLPORTS_IPFS_PEERS',
  'IPFS_API',
  'IPFS_PATH',
  'COOLPORTS_STORE',
]

/**
 * The places of these urls. They stay open for the next question of this process, connections and all:
 * a worker asks for package after package.
 */
export async function openPlaces(urls: readonly string[], env: Env): Promise<Opening> {
  const around = JSON.stringify(AROUND.map(name => env[name]))
  const made = await Promise.all(urls.map(async url => ({ url, made: await openPlace(url, around, env) })))
  return {
    places: made.flatMap(({ made: one }) => (one.ok ? [one.value] : [])),
    faults: made.flatMap(({ url, made: one }) =>
      one.ok ? [] : [{ url: withoutPassword(url), why: one.error, message: faultMessage(url, one.error) }],
    ),
  }
}

/** For a process that is to end. */
export async function closePlaces(): Promise<void> {
  const all = await Promise.all(open.values())
  open.clear()
  for (const one of all) if (one.ok) await one.value.close()
}

const open = new Map<string, ReturnType<typeof placeOf>>()

function openPlace(url: string, around: string, env: Env): ReturnType<typeof placeOf> {
  const name = `${url} ${around}`
  const opened = open.get(name) ?? placeOf(url, env)
  open.set(name, opened)
  return opened
}

const faultMessage = (url: string, why: string): Message => ({
  cannot: `use the package cache ${quoted(withoutPassword(url))}`,
  why,
  remedy: 'it is left out',
})
