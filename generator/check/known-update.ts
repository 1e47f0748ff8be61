import type { PackageUpdate } from '../package.ts'

/** Folders whose servers list what lies in them: GNU's, and Debian's pool on any host of Debian's. */
const LISTED = /^https:\/\/(?:ftp\.gnu\.org\/gnu|[a-z0-9.-]+\.debian\.org\/debian\/pool)\//

const GITHUB =
  /^(https:\/\/github\.com\/[^/]+\/[^/]+)\/(?:releases\/download\/([^/]+)\/[^/]+|archive\/refs\/tags\/([^/]+)\.(?:tar\.gz|zip))$/

/** Where newer versions of a source are found, when its url tells: it is one of a few kinds and holds the version once. */
export function knownUpdate(version: string, url: string): PackageUpdate | undefined {
  const [, repository, released, archived] = GITHUB.exec(url) ?? []
  if (repository !== undefined) {
    const pattern = patternOf(released ?? archived ?? '', version)
    return pattern ? { kind: 'git-tags', url: repository, pattern: `^${pattern}$` } : undefined
  }
  if (!LISTED.test(url)) return undefined
  const folder = url.slice(0, url.lastIndexOf('/') + 1)
  // Where each version has a folder of its own, that of this one lists no other.
  if (patternOf(folder, version)) return undefined
  const pattern = patternOf(url.slice(folder.length).replace(/\.tar\.\w+$/, '.tar'), version)
  return pattern ? { kind: 'listing', url: folder, pattern } : undefined
}

/** A pattern of the text with a group in place of the version; none where the version is not all digits and dots. */
function patternOf(text: string, version: string): string | undefined {
  if (!/^[0-9]+(\.[0-9]+)*$/.test(version)) return undefined
  const parts = text.split(new RegExp(`(?<![0-9.])${escaped(version)}(?![0-9]|\\.[0-9])`))
  return parts.length === 2 ? parts.map(escaped).join('([0-9.]+)') : undefined
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
