import { BlockList, isIP } from 'node:net'

/**
 * Reads `no_proxy` as curl does: between commas or blanks, names of hosts, each of which means those below it too
 * (`example.org`, `.example.org`), with a port or without, addresses, ranges of them (`10.0.0.0/8`), or `*`. Answers
 * whether the host of a url is among them. Names are not looked up, so a range is of urls with addresses alone.
 */
export function noProxy(text: string): (url: URL) => boolean {
  const entries = text
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(entry => entry !== '')
    .map(entryOf)
  return url => entries.some(matches => matches(url))
}

function entryOf(text: string): (url: URL) => boolean {
  if (text === '*') return () => true
  const [, start = '', bits = ''] = /^(.+)\/(\d{1,3})$/.exec(text) ?? []
  const family = isIP(start)
  if (family !== 0 && Number(bits) <= (family === 4 ? 32 : 128)) return inRange(start, Number(bits), family)
  // An address of IPv6 may stand bare; with a port it has brackets, as in a url.
  const bare = isIP(text) === 6 && URL.canParse(`http://[${text}]`)
  const [, host = '', port] = bare
    ? ['', new URL(`http://[${text}]`).hostname]
    : (/^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(text) ?? [])
  return url =>
    (url.hostname === host || url.hostname.endsWith(`.${host}`)) &&
    (port === undefined || port === portOf(url))
}

function inRange(start: string, bits: number, family: number): (url: URL) => boolean {
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const range = new BlockList()
  range.addSubnet(start, bits, kind)
  return ({ hostname }) => {
    const address = hostname.replace(/^\[|\]$/g, '')
    return isIP(address) === family && range.check(address, kind)
  }
}

const portOf = ({ port, protocol }: URL): string => port || (protocol === 'https:' ? '443' : '80')
