import { quoted } from '../../core/message.ts'
import { HOST_OWN } from './facts.ts'
import type { Made } from './make.ts'
import type { Request } from './request.ts'

/** What a person should know of a venv that was made, a line each. */
export function notes({ entries, notHeld }: Made, { given }: Request): readonly string[] {
  const tops = entries.filter(({ path }) => !path.includes('/'))
  const own = tops.filter(({ path }) => HOST_OWN.includes(path))
  const libraries = tops.filter(({ path }) => LIBRARIES.includes(path) && !given.includes(path))
  return [
    ...own.map(({ path }) => `what packages have in /${path} is not seen: that folder is always the host's`),
    // A pure venv shows nothing of the host anyway.
    ...(given.includes('--pure') ? [] : libraries).map(
      ({ path, kind }) =>
        `the host's /${path} is not seen, so its programs may miss their libraries; ${kind === 'folder' ? `--merge ${path} keeps it` : 'nothing can keep it below what is no folder in a package'}`,
    ),
    ...notHeld.map(
      store =>
        `the store ${quoted(store)} cannot be told of this venv, and a gc of it may take what is used here`,
    ),
  ]
}

const LIBRARIES: readonly string[] = ['lib', 'lib64', 'usr']
