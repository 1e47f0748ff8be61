/** How a registry wants to learn who asks: the header WWW-Authenticate (RFC 9110, 11.6.1). */
type Challenge =
  | { readonly scheme: 'basic' }
  | { readonly scheme: 'bearer'; readonly realm: string; readonly service?: string }

/** The first challenge that can be answered. `header` may be hostile: it is read from left to right, once. */
export function readChallenge(header: string | readonly string[] | undefined): Challenge | undefined {
  for (const text of [header ?? []].flat()) {
    const [, scheme = '', rest = ''] = /^\s*([A-Za-z]+)(?:\s+(.*))?$/s.exec(text.slice(0, MAX_LENGTH)) ?? []
    if (scheme.toLowerCase() === 'basic') return { scheme: 'basic' }
    if (scheme.toLowerCase() !== 'bearer') continue
    const { realm, service } = parameters(rest)
    if (realm !== undefined) return { scheme: 'bearer', realm, ...(service === undefined ? {} : { service }) }
  }
  return undefined
}

const MAX_LENGTH = 8192

function parameters(text: string): Readonly<Record<string, string | undefined>> {
  const found: Record<string, string> = Object.create(null)
  for (const [, name = '', quotedText, plain] of text.matchAll(
    /([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/gs,
  ))
    found[name.toLowerCase()] ??= quotedText?.replace(/\\(.)/gs, '$1') ?? plain ?? ''
  return found
}
