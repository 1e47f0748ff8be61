/** Where redo or make says that its tokens are. */
export type JobserverPlace =
  | { readonly kind: 'pipe'; readonly read: number; readonly write: number }
  | { readonly kind: 'fifo'; readonly path: string }

/** GNU make's manual, "POSIX Jobserver"; the last of several options counts. */
export function jobserverIn(makeflags: string): JobserverPlace | undefined {
  const [options] = partsOf(makeflags)
  const named = [...options.matchAll(/--jobserver-(?:auth|fds)=(\S+)/g)].at(-1)?.[1]
  return named === undefined ? undefined : jobserverPlace(named)
}

/** Whether the make that started us has a jobserver, be it out of our reach. */
export function tellsOfJobserver(makeflags: string): boolean {
  return /--jobserver-(?:auth|fds)=/.test(partsOf(makeflags)[0])
}

/** `fifo:PATH`, or the descriptors `READ,WRITE`; those of stdin, stdout and stderr are none. */
export function jobserverPlace(named: string): JobserverPlace | undefined {
  if (named.startsWith('fifo:')) return { kind: 'fifo', path: named.slice('fifo:'.length) }
  const pair = /^(\d{1,6}),(\d{1,6})$/.exec(named)
  if (!pair) return undefined
  const read = Number(pair[1])
  const write = Number(pair[2])
  return read > 2 && write > 2 ? { kind: 'pipe', read, write } : undefined
}

/** What MAKEFLAGS must say for the makes inside builds, given where the pipe is for them. */
export function makeflagsFor(inherited: string, read: number, write: number): string {
  const [options, variables] = partsOf(inherited)
  const kept = options
    .split(' ')
    .filter(word => word !== '' && word !== '-j' && !/^(-j\d*|--jobserver-(auth|fds)=.*)$/.test(word))
  return ` ${[...kept, '-j', `--jobserver-auth=${read},${write}`].join(' ')}${variables}`
}

/** The options, and from ` -- ` on the variables of the command line: make takes no word after it for an option. */
function partsOf(makeflags: string): readonly [options: string, variables: string] {
  const at = makeflags.search(/(?<![^ ])-- /)
  return at < 0 ? [makeflags, ''] : [makeflags.slice(0, at), ` ${makeflags.slice(at)}`]
}
