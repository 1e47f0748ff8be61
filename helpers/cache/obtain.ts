import type { Message } from '../../core/message.ts'
import { FILE_SYSTEM } from '../../core/system-error.ts'
import type { Claim } from '../store/spot-check.ts'
import type { NoRoom } from './receive.ts'
import { type Answer, claimOf, type Found, type Run, Search, type Wanted } from './search.ts'
import { take } from './take.ts'

export type Outcome =
  /** It is in the store. */
  { readonly kind: 'here'; readonly claim: Claim } | Exclude<Answer, Found>

/** Brings a package into the store from the first place that gives it. Whatever a place does, this ends soon. */
export async function obtain(wanted: Wanted, run: Run & { readonly store: string }): Promise<Outcome> {
  const search = new Search(wanted, run)
  for (;;) {
    const found = await search.next()
    if (found.kind !== 'begun') return found
    const { begun, belief } = found
    const got = await take(run.store, wanted.key, begun, belief.statements)
    if (got.ok) return { kind: 'here', claim: claimOf(belief, begun.place) }
    if (got.error.kind === 'disk') {
      run.tell(diskMessage(wanted, got.error))
      return search.nothing([begun.place.name, 'it, but the disk did not take it'])
    }
    search.fail(begun.place, got.error)
  }
}

const diskMessage = ({ name, version }: Wanted, { code, folder }: NoRoom): Message => ({
  cannot: `take ${name}-${version} from a package cache`,
  why: FILE_SYSTEM[code] ?? code,
  facts: [['folder', folder]],
  remedy: ['ENOSPC', 'EDQUOT'].includes(code)
    ? 'make room there to have it from a cache'
    : 'what comes from a cache needs a store that can be written to',
})
