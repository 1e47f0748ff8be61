import { quoted } from '../../core/message.ts'
import { describe, type Failure, passes } from '../http/failure.ts'

/** Why something named by a CID could not be read. */
export type IpfsFailure =
  /** No place gave a block; what each gave instead. */
  | { readonly kind: 'nowhere'; readonly cid: string; readonly tried: readonly Tried[] }
  /** The blocks are those that were asked for, but make no file or folder that we take. */
  | { readonly kind: 'unsound'; readonly why: string }
  /** A folder has no such entry. */
  | { readonly kind: 'absent'; readonly name: string }
  /** The caller wants it no longer. */
  | { readonly kind: 'aborted' }

export interface Tried {
  readonly place: string
  readonly failure: Failure
}

/** Thrown inside a stream, where no Result can be handed on. */
export class IpfsRefusal extends Error {
  readonly failure: IpfsFailure

  constructor(failure: IpfsFailure) {
    super(describeIpfs(failure))
    this.failure = failure
  }
}

export function describeIpfs(failure: IpfsFailure): string {
  switch (failure.kind) {
    case 'nowhere':
      if (failure.tried.length === 0) return `no block ${failure.cid}: there is nobody to ask`
      return `no block ${failure.cid}: ${failure.tried
        .map(({ place, failure: why }) => `${place} gave ${describe(why)}`)
        .join('; ')}`
    case 'unsound':
      return `nothing that can be used: ${failure.why}`
    case 'absent':
      return `a folder without ${quoted(failure.name)}`
    case 'aborted':
      return 'nothing in time'
  }
}

/** Whether it may be otherwise at the next attempt. */
export const ipfsPasses = (failure: IpfsFailure): boolean =>
  failure.kind === 'nowhere' && failure.tried.some(({ failure: why }) => passes(why))

/** Whether a place works, and just does not have what it was asked for. */
export const isAbsence = (failure: Failure): boolean =>
  failure.kind === 'nothing' || (failure.kind === 'status' && ABSENT.includes(failure.status))

const ABSENT: readonly number[] = [404, 410, 451]
