import { isSha256, type Sha256 } from '../../core/digest.ts'

/** What a pkgkey says of where a package came from. */
export interface KeyParts {
  readonly sources: readonly { readonly sha256: Sha256; readonly file: string }[]
  /** The files of the tree that were applied to the sources. */
  readonly patches: readonly { readonly sha256: Sha256; readonly file: string }[]
}

/** Reads a key whose sha256 is a pkghash, so that what it says can be believed. */
export function keyParts(text: string): KeyParts {
  const lines = text.split('\n')
  const sources = lines.flatMap(line => digestAndName(/^source (\S+) (.*)$/.exec(line)))
  const files = lines.flatMap(line => digestAndName(/^file \d+ (\S+) (.*)$/.exec(line)))
  const applied = new Set(
    lines.flatMap(
      line => /^\| patch -p1 <'?\/files\/(.*?)'?$/.exec(line)?.[1]?.replaceAll("'\\''", "'") ?? [],
    ),
  )
  return { sources, patches: files.filter(({ file }) => applied.has(file)) }
}

function digestAndName(match: RegExpExecArray | null) {
  const [, digest = '', file = ''] = match ?? []
  return isSha256(digest) ? [{ sha256: digest, file }] : []
}
