import { quoted } from '../../core/message.ts'
import { HOST_OWN } from './facts.ts'
import type { Made } from './make.ts'
import type { Request } from './request.ts'

/** What a person should know of a venv that was made, a line each. */
export function notes({ entries, notHeld }: Made, { given }: Request): readonly string[] {
  const tops = entries.flatMap(({ path }) => (path.includes('/') ? [] : [path]))
  const own = tops.filter(top => HOST_OWN.includes(top))
  const libraries = tops.filter(top => ['lib', 'lib64', 'usr'].includes(top) && !given.includes(top))
  return [
    ...own.map(top => `what packages have in /${top} is not seen: that folder is always the host's`),
    // A pure venv shows nothing of the host anyway.
    ...(given.includes('--pure') ? [] : libraries).map(
      top =>
        `the host's /${top} is not seen, so its programs may miss their libraries; --merge ${top} keeps it`,
    ),
    ...notHeld.map(
      store =>
        `the store ${quoted(store)} cannot be told of this venv, and a gc of it may take what is used here`,
    ),
  ]
}
