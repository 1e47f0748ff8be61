import { isSha256, type Sha256 } from '../../core/digest.ts'
import { isPackageName, type PackageName } from '../../core/name.ts'

/** A package in a layer that several share. */
export interface Part {
  readonly name: PackageName
  /** VERSION-RELEASE. */
  readonly version: string
  /** How many entries of the layer's tar are of it: they stand behind those of the parts before. */
  readonly entries: number
  /** The sha256 of the package's own tar. */
  readonly tar: Sha256
  /** Not in the config: an image whose bytes are the same keeps its id. */
  readonly pkghash?: Sha256
}

/** `NAME VERSION-RELEASE ENTRIES sha256:TAR[ PKGHASH]` of each, with commas between. */
export const formatParts = (parts: readonly Part[]): string =>
  parts
    .map(({ name, version, entries, tar, pkghash }) =>
      [name, version, entries, `sha256:${tar}`, ...(pkghash === undefined ? [] : [pkghash])].join(' '),
    )
    .join(', ')

/** Reads them as an image has them, of which nothing is known; undefined for what is not all parts. */
export function parseParts(text: string): readonly Part[] | undefined {
  const parts = text.split(', ').flatMap(one => parsePart(one) ?? [])
  return parts.length === text.split(', ').length ? parts : undefined
}

function parsePart(text: string): Part | undefined {
  const [, name = '', version = '', entries, tar = '', pkghash] =
    /^(\S+) (\S+-\d+) (\d{1,9}) sha256:(\S+)(?: (\S+))?$/.exec(text) ?? []
  if (!isPackageName(name) || !isSha256(tar) || (pkghash !== undefined && !isSha256(pkghash)))
    return undefined
  return { name, version, entries: Number(entries), tar, ...(pkghash === undefined ? {} : { pkghash }) }
}
