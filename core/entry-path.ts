import { quoted } from './message.ts'
import { ok, type Result, refuse } from './result.ts'

/**
 * The path of an archive's entry as it may be joined to a folder: relative, each component a name.
 * The empty path is the root itself (`./` in archives made by `tar -C folder .`).
 */
export function entryPath(name: string): Result<string, string> {
  const why = badText(name)
  if (why) return refuse(why)
  if (name.startsWith('/')) return refuse('its name is absolute')
  const parts = name
    .replace(/^(\.\/+)+/, '')
    .replace(/\/+$/, '')
    .split('/')
  if (parts.length === 1 && (parts[0] === '' || parts[0] === '.')) return ok('')
  if (parts.includes('..')) return refuse('its name leads outside by ".."')
  if (parts.includes('') || parts.includes('.')) return refuse('its name holds an empty or "." component')
  return ok(parts.join('/'))
}

/** The same of a name that was found good before. */
export function checkedPath(name: string): string {
  const path = entryPath(name)
  if (!path.ok) throw new Error(`${quoted(name)} is no path of an entry: ${path.error}`)
  return path.value
}

/** The folder that a path lies in; the empty one for what lies in none. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** All folders that a path lies in, from the outermost on. */
export function foldersOf(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

/**
 * Whether a symlink may stand at `path`. An absolute target is meant from the root of the package
 * and nothing ever follows it on this side; a relative one must not climb above that root.
 */
export function symlinkProblem(path: string, target: string): string | undefined {
  if (target === '') return 'it is a symlink without a target'
  const why = badText(target)
  if (why) return why
  if (target.startsWith('/')) return undefined
  let depth = path.split('/').length - 1
  for (const part of target.split('/')) {
    if (part === '..') depth--
    else if (part !== '' && part !== '.') depth++
    if (depth < 0) return `it is a symlink that leads outside, to ${quoted(target)}`
  }
  return undefined
}

/** Names with these cannot be listed one a line, or are not the bytes that the archive held. */
export function badText(text: string): string | undefined {
  if (/[\0-\x1f\x7f]/.test(text)) return 'its name or target holds a control character'
  // The decoder's mark for bytes that are not UTF-8; a name with a true U+FFFD goes the same way.
  if (text.includes('\ufffd')) return 'its name or target is not valid UTF-8'
  return undefined
}

/**
 * Equal for names that some file system may take for one: that differ by case, or by how letters are put
 * together from parts, alone. Upper case first, for letters that are two there.
 */
export const foldedPath = (path: string): string =>
  path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFD')
