import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** Where a peer listens: `/ip4/192.0.2.1/tcp/4001`, and behind it `/p2p/ID` where nobody else shall do. */
interface PeerAddress {
  readonly text: string
  /** As a person knows it. */
  readonly host: string
}

/** Reads a multiaddr of the kinds that are dialled here. Else why not, as the end of a sentence. */
export function parseAddress(text: string): Result<PeerAddress, string> {
  const [, family = '', name = '', port = ''] = FORM.exec(text) ?? []
  const host = family === 'ip6' ? `[${name}]` : name
  if (family === '' || Number(port) > 65535 || !URL.canParse(`http://${host}:${port}`))
    return refuse(`${quoted(text)} is no address such as /ip4/192.0.2.1/tcp/4001/p2p/ID`)
  return ok({ text, host: `${host}:${port}` })
}

const FORM =
  /^\/(ip4|ip6|dns|dns4|dns6)\/([A-Za-z0-9.:_-]{1,253})\/tcp\/(\d{1,5})(?:\/p2p\/[A-Za-z0-9]{40,128})?$/
