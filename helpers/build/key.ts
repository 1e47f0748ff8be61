import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileDigest } from '../../core/file-digest.ts'
import { type Key, readKey } from '../../core/key-file.ts'
import { dependencyLine, fileLine, hostPathLine, scriptLines, sourceLine } from '../../core/pkgkey.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { listTree } from '../tar/list.ts'
import type { BuildProblem } from './problem.ts'
import { sourceFiles } from './sources.ts'

/** What a build would be shown, its files aside, and what it would run. */
interface Inputs {
  /** The file of the key. */
  readonly key?: string
  /** Lists of packages: those of build-deps, or one of its own that is empty. */
  readonly closures?: readonly string[]
  readonly fetch?: string
  readonly host?: readonly string[]
  /** An import runs none. */
  readonly script?: string
}

/**
 * The key of a build that has one, if the build would be shown just what it names, and run what it says: the store
 * and the content keys believe that whatever has a key is what the key tells of. A rule that somebody edited is not,
 * nor one that coolports-gen replaces while redo has the key that was there before.
 */
export function openKey(store: string, inputs: Inputs): Result<Key | undefined, readonly BuildProblem[]> {
  if (inputs.key === undefined) return ok(undefined)
  const read = readKey(inputs.key)
  if (read === undefined) return refuse([{ kind: 'no list', list: inputs.key }])
  if (!read.ok) return refuse([{ kind: 'bad key', key: inputs.key, why: read.error }])
  const key = read.value
  const sources = inputs.fetch === undefined ? ok([]) : sourceFiles(store, inputs.fetch)
  if (!sources.ok) return sources
  // Against the time of a build it costs nothing to read them once more.
  const damaged = sources.value.filter(({ path, digest }) => fileDigest(realpathSync(path)) !== digest)
  if (damaged.length > 0) return refuse(damaged.map(source => ({ kind: 'damaged source', ...source })))
  const keyed = compare(
    key.path,
    [
      ...key.sources.map(sourceLine),
      ...key.hostPaths.map(hostPathLine),
      ...key.buildDeps.map(({ kind, name }) => dependencyLine(kind, name)),
    ],
    [
      ...sources.value.map(({ file, digest }) => sourceLine({ sha256: digest, file })),
      ...(inputs.host ?? []).map(hostPathLine),
      ...(inputs.closures ?? []).flatMap(path =>
        path === '.bclosure' ? [] : [dependencyLine('build-dep', nameIn(path))],
      ),
    ],
  )
  if (!keyed.ok) return keyed
  const other = firstDifference(key.script, scriptLines(inputs.script ?? ''))
  return other === undefined ? ok(key) : refuse([{ kind: 'other script', key: inputs.key, ...other }])
}

/**
 * Whether the files that a build is shown are those of its key, no other and none more. To be asked of the copy that
 * it sees: somebody may be at work on the files of the package.
 */
export function checkFiles(key: Key, folder: string | undefined): Result<void, readonly BuildProblem[]> {
  const listed = folder === undefined ? ok([]) : listTree(folder)
  if (!listed.ok)
    return refuse(
      listed.error.map(problem => ({ kind: 'tar', action: 'show', thing: folder ?? '', problem })),
    )
  const shown = listed.value.flatMap(entry => {
    if (entry.kind === 'directory') return []
    const mode = 'mode' in entry && (entry.mode & 0o100) !== 0 ? '755' : '644'
    const digest = entry.kind === 'symlink' ? 'symlink' : fileDigest(join(folder ?? '', entry.path))
    return [fileLine({ mode, sha256: digest, path: entry.path })]
  })
  return compare(key.path, key.files.map(fileLine), shown)
}

/** Whether the lines that a key says are just those of what is shown, in any order. */
function compare(
  key: string,
  said: readonly string[],
  shown: readonly string[],
): Result<void, readonly BuildProblem[]> {
  // Sets, for there may be as many files as there are in a source.
  const [areSaid, areShown] = [new Set(said), new Set(shown)]
  const unkeyed = shown.filter(line => !areSaid.has(line))
  const unshown = said.filter(line => !areShown.has(line))
  if (unkeyed.length + unshown.length === 0) return ok(undefined)
  return refuse([{ kind: 'not keyed', key, unkeyed, unshown }])
}

/** The package of a list in the folder of another package. */
const nameIn = (path: string): string => /^\.\.\/([^/]+)\/\.closure$/.exec(path)?.[1] ?? path

/** The first line, from 1, in which a script is not the one of its key; undefined where there is none. */
function firstDifference(
  keyed: readonly string[],
  given: readonly string[],
):
  | { readonly line: number; readonly keyed: string | undefined; readonly given: string | undefined }
  | undefined {
  const longer = given.length > keyed.length ? given : keyed
  const at = longer.findIndex((_, index) => keyed[index] !== given[index])
  return at < 0 ? undefined : { line: at + 1, keyed: keyed[at], given: given[at] }
}
