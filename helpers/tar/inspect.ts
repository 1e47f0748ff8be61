import { entryPath, folderOf, symlinkProblem } from '../../core/entry-path.ts'
import { quoted } from '../../core/message.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { MAX_ENTRIES } from './bounds.ts'
import { type TarProblem, TarRefusal } from './problem.ts'
import { readProblem, readTar, type Source } from './read.ts'

/** One thing that an archive holds, as the archive says it: nothing of it has been checked. */
export interface Held {
  /** As tar calls it: file, directory, symlink, link (a hard link), or something a package never holds. */
  readonly kind: string
  readonly path: string
  readonly mode: number
  readonly size: number
  /** What a symlink or a hard link leads to. */
  readonly target: string | null
}

export interface Inspector {
  /** Called for each entry. Why it is refused, if it is. */
  check(held: Held): string | undefined
  /** The bytes of the entry that was checked last. */
  bytes?(chunk: Uint8Array): void
  /** All bytes of it were there. */
  end?(): void
}

/** Shows an archive entry by entry until one is refused, and writes nothing anywhere. */
export async function inspectTar(
  chunks: AsyncIterable<Uint8Array>,
  inspector: Inspector,
): Promise<Result<void, TarProblem>> {
  try {
    for await (const source of readTar(chunks)) {
      const held = heldBy(source)
      const why = inspector.check(held)
      if (why !== undefined) throw new TarRefusal({ kind: 'entry', name: held.path, why })
      for await (const chunk of source as AsyncIterable<Uint8Array>) inspector.bytes?.(chunk)
      inspector.end?.()
    }
    return ok(undefined)
  } catch (error) {
    const problem = readProblem(error)
    if (problem) return refuse(problem)
    throw error
  }
}

export function heldBy({ header }: Source): Held {
  const { name, type, mode, size, linkname } = header
  return { kind: type ?? UNKNOWN, path: name, mode: mode ?? 0, size: size ?? 0, target: linkname || null }
}

/** The kind of what has a type that no tar is known to write. */
const UNKNOWN = 'unknown'

/**
 * What no archive may hold that is unpacked, asked entry by entry: names that lead outside, or through what is no folder,
 * what comes twice, links to nothing, devices, and folders without end: an entry may bring two thousand that have none
 * of their own.
 */
export function entryCheck(maxFolders = MAX_ENTRIES): (held: Held) => string | undefined {
  const kinds = new Map<string, string>()
  /** The folders of what came, whether they came themselves or not. */
  const folders = new Set<string>()
  return ({ kind, path: name, target }) => {
    const path = entryPath(name)
    if (!path.ok) return path.error
    if (path.value === '') return kind === 'directory' ? undefined : 'it stands for the root of the archive'
    if (kinds.has(path.value) || (kind !== 'directory' && folders.has(path.value))) return 'it comes twice'
    for (let folder = folderOf(path.value); folder && !folders.has(folder); folder = folderOf(folder)) {
      const there = kinds.get(folder) ?? 'directory'
      if (there !== 'directory')
        return `its folder ${quoted(folder)} is a ${there === 'symlink' ? there : 'file'}`
      folders.add(folder)
    }
    if (folders.size > maxFolders) return `it and those before it lie in more than ${maxFolders} folders`
    kinds.set(path.value, kind)
    switch (kind) {
      case 'directory':
      case 'file':
      case 'contiguous-file':
        return undefined
      case 'symlink':
        return symlinkProblem(path.value, target ?? '')
      case 'link': {
        const first = entryPath(target ?? '')
        if (!first.ok) return `the target of this hard link is refused: ${first.error}`
        return ['file', 'contiguous-file', 'link'].includes(kinds.get(first.value) ?? '')
          ? undefined
          : 'it is a hard link to what is not an earlier file of the archive'
      }
      case UNKNOWN:
        return 'it is of an unknown type'
      default:
        return `it is a ${kind}`
    }
  }
}
