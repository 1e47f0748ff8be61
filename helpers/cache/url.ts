/** A url as it may stand in a message: a user name or password that was put into it is nobody's to read there. */
export const withoutPassword = (url: string): string =>
  url.replace(/^([a-z][a-z0-9+.-]*:\/\/|)[^/?#]*@/i, '$1')
