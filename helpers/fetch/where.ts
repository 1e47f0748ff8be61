import { existsSync } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import { distfilePath } from '../../core/store.ts'
import type { Mirrors } from './mirrors.ts'
import { address, type Origin, originsOf } from './origin.ts'
import type { FetchRequest } from './request.ts'

/** Where one source could be had. */
interface Whereabouts {
  readonly file: string
  readonly sha256: Sha256
  /** Its path in the store, if it is there. */
  readonly store: string | null
  readonly places: readonly { readonly kind: Origin['kind']; readonly at: string }[]
}

export function whereabouts(request: FetchRequest, store: string, mirrors: Mirrors): Whereabouts {
  const { file, sha256 } = request
  const path = distfilePath(store, sha256)
  const places = originsOf(request, mirrors).map(origin => ({ kind: origin.kind, at: address(origin) }))
  return { file, sha256, store: existsSync(path) ? path : null, places }
}

export const formatWhereabouts = ({ file, sha256, store, places }: Whereabouts): string =>
  [
    file,
    `  sha256   ${sha256}`,
    `  store    ${store ?? 'not there'}`,
    ...places.map(({ kind, at }) => `  ${kind.padEnd(8)} ${at}`),
  ].join('\n')
