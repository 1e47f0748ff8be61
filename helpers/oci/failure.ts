import type { Sha256 } from '../../core/digest.ts'
import { describe, type Failure, passes } from '../http/failure.ts'

/** Why a registry did not do what it was asked for. */
export type OciFailure = Failure | RegistryFailure

/** Not the connection is to blame. */
type RegistryFailure =
  /** It has no such thing. */
  | { readonly kind: 'absent'; readonly what: string }
  /** It wants to know who asks, or does not let him. */
  | { readonly kind: 'unauthorized'; readonly why: string }
  /** An answer that the specification does not allow. */
  | { readonly kind: 'answer'; readonly why: string }
  | { readonly kind: 'other bytes'; readonly what: string; readonly want: Sha256; readonly got: string }

export const isRegistrys = (failure: OciFailure): failure is RegistryFailure =>
  ['absent', 'unauthorized', 'answer', 'other bytes'].includes(failure.kind)

/** What it gave instead, as the end of a sentence. */
export function describeOci(failure: OciFailure): string {
  switch (failure.kind) {
    case 'absent':
      return `it has no ${failure.what}`
    case 'unauthorized':
      return failure.why
    case 'answer':
      return `its answer makes no sense: ${failure.why}`
    case 'other bytes':
      return `${failure.what} has another digest: sha256 ${failure.got} instead of ${failure.want}`
    default:
      return describe(failure)
  }
}

/** The same as a sentence of its own. */
export const saidByRegistry = (failure: OciFailure): string =>
  isRegistrys(failure) ? describeOci(failure) : `the registry gave ${describe(failure)}`

/** What to do when something cannot be pushed. */
export const pushRemedy = (failure: OciFailure, registry: string): string =>
  failure.kind === 'unauthorized'
    ? loginRemedy(registry)
    : 'what is there stays there: the same command goes on from it'

/** What to do about being unauthorized. */
const loginRemedy = (registry: string): string =>
  `docker login ${registry}, or podman login ${registry}, keeps a password for it`

/** What may be gone at the next attempt. */
export function mayPass(failure: OciFailure): boolean {
  if (isRegistrys(failure)) return false
  // What we send has its digest. A registry that is given one blob by two at once says so of a manifest that names it:
  // it looks into a file which the other one's push is just writing.
  if (failure.kind === 'status' && failure.said?.startsWith('DIGEST_INVALID')) return true
  return passes(failure)
}

/** Thrown inside a stream, where no Result can be handed on. */
export class OciRefusal extends Error {
  readonly failure: OciFailure

  constructor(failure: OciFailure) {
    super(describeOci(failure))
    this.failure = failure
  }
}

/** What was thrown by a connection; a bug is thrown on. */
export function thrownFailure(error: unknown): OciFailure {
  if (error instanceof OciRefusal) return error.failure
  if (!(error instanceof Error) || error instanceof RangeError || error instanceof ReferenceError) throw error
  const { code, message, errors, cause } = error as Error & {
    readonly code?: string | number
    readonly errors?: readonly { readonly code?: string }[]
    readonly cause?: { readonly code?: string }
  }
  const found = code ?? errors?.[0]?.code ?? cause?.code
  // Without a code it is none of the connection's.
  if (found === undefined) throw error
  return { kind: 'connection', code: String(found), detail: message }
}

export const tooLarge = (limit: number): OciFailure => ({ kind: 'endless', limit })
