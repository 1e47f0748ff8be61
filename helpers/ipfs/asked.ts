import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { homeFolder } from '../../core/config.ts'
import type { Env } from '../../core/env.ts'
import { type Message, quoted } from '../../core/message.ts'
import { parseAddress } from '../bitswap/address.ts'
import { isInstalled, NOT_INSTALLED } from '../bitswap/node.ts'
import { urlFault } from '../http/url.ts'

/** Whom this user lets be asked for blocks. */
export interface Asked {
  /** Urls of trustless gateways. */
  readonly gateways: readonly string[]
  /** Addresses of peers. */
  readonly peers: readonly string[]
  /** The url of a daemon's RPC, or `unix:` and the path of a socket. */
  readonly daemon: string | undefined
  readonly problems: readonly Message[]
}

export const NOBODY: Asked = { gateways: [], peers: [], daemon: undefined, problems: [] }

export const isNobody = ({ gateways, peers, daemon }: Asked): boolean =>
  gateways.length === 0 && peers.length === 0 && daemon === undefined

/**
 * The gateways in $COOLPORTS_IPFS_GATEWAYS and the peers in $COOLPORTS_IPFS_PEERS, separated by blanks, and the
 * user's own daemon: $IPFS_API, else what a daemon has written into `api` below $IPFS_PATH or ~/.ipfs; with
 * $IPFS_API empty there is none. No gateway and no peer by default: who asks a stranger's tells it what is built here.
 */
export function ipfsAsked(env: Env): Asked {
  const problems: Message[] = []
  const gateways = words(env.COOLPORTS_IPFS_GATEWAYS).filter(url => {
    const why = gatewayFault(url)
    if (why) problems.push({ cannot: `use the IPFS gateway ${quoted(url)}`, why: `it ${why}` })
    return why === undefined
  })
  const peers = peersIn(env, problems)
  const api = (env.IPFS_API ?? apiFile(env)).trim()
  const daemon = api === '' ? undefined : daemonUrl(api)
  if (api !== '' && daemon === undefined) {
    problems.push({
      cannot: 'use the IPFS daemon',
      why: `${quoted(api)} is neither a url nor an address such as /ip4/127.0.0.1/tcp/5001`,
      remedy: 'set IPFS_API to the address of its RPC, or to nothing to do without it',
    })
  }
  return { gateways, peers, daemon, problems }
}

const words = (text = ''): readonly string[] => text.split(/\s+/).filter(word => word !== '')

/** All or none of them: what dials them is installed or not. */
function peersIn(env: Env, problems: Message[]): readonly string[] {
  const named = words(env.COOLPORTS_IPFS_PEERS)
  if (named.length > 0 && !isInstalled()) {
    problems.push({ cannot: 'ask IPFS peers', ...NOT_INSTALLED })
    return []
  }
  return named.filter(text => {
    const address = parseAddress(text)
    if (!address.ok) problems.push({ cannot: 'use an IPFS peer', why: address.error })
    return address.ok
  })
}

const gatewayFault = (url: string): string | undefined =>
  urlFault(url) ?? (/^https?:[^?#]*$/.test(url) ? undefined : 'is not the http: or https: url of a server')

function apiFile(env: Env): string {
  try {
    return readFileSync(join(env.IPFS_PATH || join(homeFolder(env), '.ipfs'), 'api'), 'utf8')
  } catch {
    return ''
  }
}

/** A url as it is, many write it with the path of the commands, or that of a multiaddr. */
function daemonUrl(text: string): string | undefined {
  if (/^https?:\/\/[^\s?#]+$/.test(text))
    return URL.canParse(text) ? text.replace(/\/+$/, '').replace(/\/api\/v0$/, '') : undefined
  if (/^\/unix\/[^\0]+$/.test(text)) return `unix:${text.slice('/unix'.length)}`
  const [, family, host = '', port, scheme = 'http'] =
    /^\/(ip4|ip6|dns|dns4|dns6)\/([^/\s]+)\/tcp\/(\d{1,5})(?:\/(https?))?\/?$/.exec(text) ?? []
  const url = `${scheme}://${family === 'ip6' ? `[${host}]` : host}:${port}`
  return family && URL.canParse(url) ? url : undefined
}
