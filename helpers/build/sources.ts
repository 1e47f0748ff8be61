import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs'
import { isSha256, type Sha256 } from '../../core/digest.ts'
import { quoted } from '../../core/message.ts'
import { isFileName } from '../../core/name.ts'
import { parseRecfile, value } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { distfilePath } from '../../core/store.ts'
import { PACKAGE_TIME } from '../tar/entry.ts'
import type { BuildProblem } from './problem.ts'

/** A source in the store, and the name that a build finds it under. */
export interface SourceFile {
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

export function parseSources(
  store: string,
  list: string,
  text: string,
): Result<readonly SourceFile[], readonly BuildProblem[]> {
  const { records, problems: bad } = parseRecfile(text)
  const problems: BuildProblem[] = bad.map(({ line }) => ({
    kind: 'bad fetch list',
    list,
    line,
    why: 'it is no "name: value"',
  }))
  const sources: SourceFile[] = []
  for (const record of records) {
    const file = value(record, 'file') ?? ''
    const digest = value(record, 'sha256') ?? ''
    const refuseIt = (why: string): number =>
      problems.push({ kind: 'bad fetch list', list, line: record.line, why })
    if (!isFileName(file)) refuseIt(`${quoted(file)} is no file name`)
    else if (!isSha256(digest)) refuseIt(`${quoted(digest)} is no sha256`)
    else if (sources.some(other => other.file === file))
      refuseIt(`a second source of the name ${quoted(file)}`)
    else sources.push({ file, digest, path: distfilePath(store, digest) })
  }
  return problems.length > 0 ? refuse(problems) : ok(sources)
}
