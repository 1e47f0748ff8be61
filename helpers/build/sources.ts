import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs'
import type { Sha256 } from '../../core/digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { distfilePath } from '../../core/store.ts'
import { parseFetchFile } from '../fetch/request.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import type { BuildProblem } from './problem.ts'

/** A source in the store, and the name that a build finds it under. */
interface SourceFile {
  readonly file: string
  readonly digest: Sha256
  readonly path: string
}

/** The sources that a fetch list names. They were fetched before, so each is in the store. */
export function sourceFiles(
  store: string,
  list: string,
): Result<readonly SourceFile[], readonly BuildProblem[]> {
  if (!existsSync(list)) return refuse([{ kind: 'no list', list }])
  const read = parseSources(store, list, readFileSync(list, 'utf8'))
  if (!read.ok) return read
  const missing = read.value.filter(source => !existsSync(source.path))
  if (missing.length > 0) return refuse(missing.map(source => ({ kind: 'no source', ...source })))
  for (const { path } of read.value) levelTime(path)
  return read
}

/** Gives a source the time that all have: in a store of an older version, or of somebody else's, it may have another. */
function levelTime(path: string): void {
  if (statSync(path).mtimeMs === PACKAGE_TIME * 1000) return
  try {
    utimesSync(path, PACKAGE_TIME, PACKAGE_TIME)
  } catch {
    // In a store of somebody else's it stays.
  }
}

/** What a fetch list names, as far as it can be read. */
export function namedSources(store: string, list: string): readonly Sha256[] {
  const read = existsSync(list) ? parseSources(store, list, readFileSync(list, 'utf8')) : ok([])
  return read.ok ? read.value.map(({ digest }) => digest) : []
}

/** What a fetch list names, each name once. */
export function parseSources(
  store: string,
  list: string,
  text: string,
): Result<readonly SourceFile[], readonly BuildProblem[]> {
  const read = parseFetchFile(list, text)
  if (!read.ok)
    return refuse(
      read.error.map(({ at, why }) => ({ kind: 'bad fetch list', list, line: at?.line ?? 1, why })),
    )
  const byName = new Map(read.value.map(({ file, sha256 }) => [file, sha256]))
  return ok([...byName].map(([file, digest]) => ({ file, digest, path: distfilePath(store, digest) })))
}
