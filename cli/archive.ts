import { createHash } from 'node:crypto'
import type { Sha256 } from '../core/digest.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readIdentity } from '../helpers/tar/identity.ts'
import { entryPath, symlinkProblem } from '../helpers/tar/path.ts'
import { type TarProblem, TarRefusal } from '../helpers/tar/problem.ts'
import { readProblem, readTar, type Source } from '../helpers/tar/read.ts'
import { gunzipped } from '../helpers/tar/unpack.ts'

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

/** Tells all that an archive holds, in its order, and writes nothing anywhere. */
export async function listArchive(
  file: string,
  tell: (held: Held) => void,
): Promise<Result<void, TarProblem>> {
  return readEntries(gunzipped(file), held => {
    tell(held)
    return undefined
  })
}

/**
 * Reads a package to its end and answers with the sha256 of its tar, if that is the one that its
 * header names and if all in it could be unpacked. Nothing is written.
 */
export async function verifyPackage(file: string): Promise<Result<Sha256, TarProblem>> {
  const want = readIdentity(file)
  if (want === undefined) return refuse({ kind: 'unidentified' })
  const hash = createHash('sha256')
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of gunzipped(file)) {
      hash.update(chunk)
      yield chunk
    }
  }
  const read = await readEntries(hashed(), entryCheck())
  if (!read.ok) return read
  const got = hash.digest('hex')
  return got === want ? ok(want) : refuse({ kind: 'digest', want, got })
}

/** Hands on entry after entry until one is refused: `check` answers why. */
async function readEntries(
  chunks: AsyncIterable<Uint8Array>,
  check: (held: Held) => string | undefined,
): Promise<Result<void, TarProblem>> {
  try {
    for await (const source of readTar(chunks)) {
      const held = heldBy(source)
      const why = check(held)
      if (why !== undefined) throw new TarRefusal({ kind: 'entry', name: held.path, why })
      for await (const _ of source as AsyncIterable<Uint8Array>);
    }
    return ok(undefined)
  } catch (error) {
    const problem = readProblem(error)
    if (problem) return refuse(problem)
    throw error
  }
}

function heldBy({ header }: Source): Held {
  const { name, type, mode, size, linkname } = header
  return { kind: type ?? 'unknown', path: name, mode: mode ?? 0, size: size ?? 0, target: linkname || null }
}

/** What unpacking would refuse: names that lead outside, what comes twice, links to nothing, devices. */
function entryCheck(): (held: Held) => string | undefined {
  const kinds = new Map<string, string>()
  return ({ kind, path: name, target }) => {
    const path = entryPath(name)
    if (!path.ok) return path.error
    const there = kinds.get(path.value)
    if (there !== undefined) return 'it comes twice'
    kinds.set(path.value, kind)
    switch (kind) {
      case 'directory':
      case 'file':
      case 'contiguous-file':
        return path.value === '' && kind !== 'directory' ? 'it stands for the root of the archive' : undefined
      case 'symlink':
        return symlinkProblem(path.value, target ?? '')
      case 'link': {
        const first = entryPath(target ?? '')
        if (!first.ok) return `the target of this hard link is refused: ${first.error}`
        return ['file', 'contiguous-file', 'link'].includes(kinds.get(first.value) ?? '')
          ? undefined
          : 'it is a hard link to what is not an earlier file of the archive'
      }
      default:
        return `it is a ${kind}`
    }
  }
}
