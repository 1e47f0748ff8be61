/** Why a url may not be used at all, as the end of a sentence; undefined if it may. */
export function urlFault(url: string): string | undefined {
  if (/[^\x21-\x7e]/.test(url)) return 'holds a space, a control character or one that is not ASCII'
  if (!URL.canParse(url)) return 'is not a url'
  const { protocol, username, password, hostname } = new URL(url)
  if (!KNOWN.includes(protocol)) return 'is not an http:, https: or file: url'
  if (username || password) return 'holds a user name or password: those go into ~/.netrc'
  if (protocol === 'file:' && hostname) return 'names a host: a file: url begins with three slashes'
  return undefined
}

/** ftp is known but cannot be spoken: old lists are full of it, and the other urls of the source still count. */
const KNOWN: readonly string[] = ['http:', 'https:', 'file:', 'ftp:']

/**
 * A url as it may stand in a message: a user name, a password or a token that was put into it is nobody's to read
 * there. In what is no url after all, as a password with a slash makes it, they may be anything before an `@`.
 */
export function withoutPassword(url: string): string {
  if (url.startsWith('/')) return url
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) && URL.canParse(url)
  const before = isUrl ? /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i : /^([a-z][a-z0-9+.-]*:\/\/|).*@/is
  return url.replace(before, '$1').replace(/([?#]).+$/s, '$1...')
}
