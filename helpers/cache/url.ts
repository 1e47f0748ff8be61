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
