import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Sha256, sha256 } from '../../core/digest.ts'
import { fileDigest } from '../../core/file-digest.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { listTree } from '../tar/list.ts'
import type { BuildProblem } from './problem.ts'
import { type SourceFile, sourceFiles } from './sources.ts'

/** A package's key as it was made: its text, and the pkghash that names it. */
export interface Key {
  readonly path: string
  readonly text: string
  readonly hash: Sha256
}

/** The key of a build that has one, if the build would be shown just what it names. */
export function openKey(
  store: string,
  inputs: { readonly key?: string; readonly fetch?: string; readonly files?: string },
): Result<Key | undefined, readonly BuildProblem[]> {
  if (inputs.key === undefined) return ok(undefined)
  if (!existsSync(inputs.key)) return refuse([{ kind: 'no list', list: inputs.key }])
  const text = readFileSync(inputs.key, 'utf8')
  const key = { path: inputs.key, text, hash: sha256(text) }
  const sources = inputs.fetch === undefined ? ok([]) : sourceFiles(store, inputs.fetch)
  if (!sources.ok) return sources
  const keyed = keyedInputs(key, sources.value, inputs.files)
  return keyed.ok ? ok(key) : keyed
}

/**
 * Whether a build would be shown just what its key speaks of: the key's sources, and the key's
 * files below files/, no other and none more. So nothing reaches a build past its key.
 */
function keyedInputs(
  key: Key,
  sources: readonly SourceFile[],
  files: string | undefined,
): Result<void, readonly BuildProblem[]> {
  const listed = files === undefined ? ok([]) : listTree(files)
  if (!listed.ok) {
    return refuse(listed.error.map(problem => ({ kind: 'tar', action: 'show', thing: files ?? '', problem })))
  }
  const shown = [
    ...sources.map(({ file, digest }) => `source ${digest} ${file}`),
    ...listed.value.flatMap(entry => {
      if (entry.kind === 'directory') return []
      const mode = 'mode' in entry && (entry.mode & 0o100) !== 0 ? '755' : '644'
      const digest = entry.kind === 'symlink' ? 'symlink' : fileDigest(join(files ?? '', entry.path))
      return [`file ${mode} ${digest} ${entry.path}`]
    }),
  ]
  const said = key.text.split('\n').filter(line => /^(source|file) /.test(line))
  // Sets, for there may be as many files as there are in a source.
  const [areSaid, areShown] = [new Set(said), new Set(shown)]
  const unkeyed = shown.filter(line => !areSaid.has(line))
  const unshown = said.filter(line => !areShown.has(line))
  if (unkeyed.length + unshown.length === 0) return ok(undefined)
  return refuse([{ kind: 'not keyed', key: key.path, unkeyed, unshown }])
}
