import { quoted } from '../../core/message.ts'
import { bytes } from '../../core/size.ts'

/** Why a place did not give a file. */
export type Failure =
  /**
   * It answers, and does not have this one. The only failure for which a place is asked again. `status`: it says
   * so by a number that may mean something else.
   */
  | { readonly kind: 'absent'; readonly status?: number }
  | { readonly kind: 'unreachable'; readonly why: string }
  /** What the system has against a file of a cache in a folder, or against one of ours: that of another may be had. */
  | { readonly kind: 'file'; readonly why: string }
  /** Of a cache in a folder: it is not there, or not yet. */
  | { readonly kind: 'no folder' }
  /** `said`: what a registry says of it, as it came. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfterMs?: number
      readonly said?: string
    }
  | { readonly kind: 'cut'; readonly have: number; readonly total?: number }
  /** Nothing came before our patience ended. */
  | { readonly kind: 'slow'; readonly seconds: number }
  /** It said too often too late that it has nothing: every package that is built waits for that. */
  | { readonly kind: 'slow misses'; readonly count: number; readonly seconds: number }
  /** What came was too little to wait for the rest. */
  | { readonly kind: 'stalled'; readonly have: number; readonly seconds: number }
  /** An answer in which no file can be seen: a redirect that is not followed, a manifest of another kind. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Before its first byte it is plain that it is not the one of the record: somebody else's of the same key, perhaps. */
  | { readonly kind: 'another'; readonly bytes: number; readonly want: number }
  /** A file that is not what its name or its signed record says. */
  | { readonly kind: 'lie'; readonly why: string }

/** What a place gave, as the end of `PLACE gave ...`. */
export function describe(failure: Failure): string {
  switch (failure.kind) {
    case 'absent':
      return `nothing: it does not have it${byStatus(failure.status)}`
    case 'unreachable':
    case 'file':
      return `no answer: ${failure.why}`
    case 'no folder':
      return 'no answer: there is no such folder'
    case 'status':
      return `HTTP ${failure.status}${failure.said === undefined ? '' : `: ${quoted(failure.said)}`}`
    case 'cut':
      return `a part: it ends after ${bytes(failure.have)}${failure.total === undefined ? '' : ` of ${bytes(failure.total)}`}`
    case 'slow':
      return `nothing within ${failure.seconds} s`
    case 'slow misses':
      return `nothing ${failure.count} times, each after more than ${failure.seconds} s: it answers slowly and has nothing`
    case 'stalled':
      return `too little to wait for within ${failure.seconds} s, after ${bytes(failure.have)}`
    case 'refused':
      return `an answer that is refused: ${failure.why}`
    case 'another':
      return `another package than was signed: it has ${failure.bytes} bytes, not ${failure.want}`
    case 'lie':
      return `what is not true: ${failure.why}`
  }
}

/** Whether the place does not answer, and would not for another file. */
export const isAway = ({ kind }: Failure): boolean =>
  kind === 'unreachable' || kind === 'slow' || kind === 'stalled'

/** How it was said that a file is not there, where that is not plain. */
export const byStatus = (status: number | undefined): string =>
  status === undefined ? '' : ` (HTTP ${status})`

/** Thrown by the bytes of a file that break off, where no Result can be handed on. */
export class Broken extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.kind)
    this.failure = failure
  }
}
