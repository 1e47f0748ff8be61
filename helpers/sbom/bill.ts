import type { Sha256 } from '../../core/digest.ts'
import { sha256 } from '../../core/digest.ts'

/**
 * What is said about some packages that go somewhere: in an image, a tarball, a root. A bill of
 * materials in either format is made from this and from nothing else, so it is the same everywhere.
 */
export interface Bill {
  /** What goes somewhere: the packages that were asked for and what they need to run, sorted by name. */
  readonly shipped: readonly ShippedPackage[]
  /** What else had a part in making them, down to the seeds, sorted by name. */
  readonly builders: readonly BilledPackage[]
  /** What goes there and is of no package: files that whoever exported asked for beside them, sorted by path. */
  readonly added: readonly RegularFile[]
}

export interface BilledPackage {
  readonly name: string
  readonly version: string
  readonly release: number
  readonly pkghash: Sha256
  /** The sha256 of its tar; unknown of a builder that is not at hand, because its own product was. */
  readonly tar?: Sha256
  /** An SPDX expression. */
  readonly license: string
  readonly description: string
  readonly homepage: string
  readonly sources: readonly BilledSource[]
  readonly patches: readonly BilledPatch[]
  /** Names of packages: what it needs to run, and what stood in the root of its build. */
  readonly needs: readonly string[]
  readonly builtIn: readonly string[]
}

export interface ShippedPackage extends BilledPackage {
  readonly tar: Sha256
  readonly asked: boolean
  /** Sorted by path. */
  readonly files: readonly BilledFile[]
}

export interface BilledSource {
  readonly file: string
  readonly sha256: Sha256
  /** Where upstream has it; none for a file of the tree itself. */
  readonly urls: readonly string[]
}

export interface BilledPatch {
  /** From the root of the tree. */
  readonly path: string
  readonly sha256: Sha256
  readonly sha1: string
  readonly text: string
  /** Of the text of a patch that is not UTF-8, as those of old sources are. */
  readonly encoding?: 'base64'
}

export interface RegularFile {
  readonly kind: 'file'
  readonly path: string
  readonly sha256: Sha256
  readonly sha1: string
}

export type BilledFile =
  | RegularFile
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

export const labelOf = ({ name, version, release }: BilledPackage): string => `${name}-${version}-${release}`

/** What a bill is called: by what was asked for. */
export const titleOf = ({ shipped }: Bill): string =>
  shipped
    .filter(({ asked }) => asked)
    .map(labelOf)
    .join(' ')

/** The id of a bill, and of nothing else: a UUID of version 8 (RFC 9562) from the sha256 of all that it says. */
export function uuidOf(bill: Bill, format: string): string {
  const digest = sha256(JSON.stringify([format, bill]))
  const variant = '89ab'[Number.parseInt(digest.charAt(16), 16) % 4]
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-')
}
