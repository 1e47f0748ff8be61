import { parseRecfile, type RecProblem, values } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import type { Source } from './push.ts'

/**
 * The text of mirrors/oci with a repository named for these sources, behind what it says already. Those for which it
 * is named, by digest or by `*`, are left out. A text that is no recutils file is refused, or its oddities would
 * stand in front of what is new.
 */
export function withRepository(
  text: string,
  repository: string,
  sources: readonly Source[],
): Result<string, readonly RecProblem[]> {
  const { records, problems } = parseRecfile(text)
  if (problems.length > 0) return refuse(problems)
  const named = new Set(
    records
      .filter(record => values(record, 'repository').includes(repository))
      .flatMap(record => values(record, 'sha256')),
  )
  const fresh = named.has('*') ? [] : sources.filter(({ sha256 }) => !named.has(sha256))
  if (fresh.length === 0) return ok(text)
  const before = text === '' ? HEAD : `${text.trimEnd()}\n`
  const added = fresh.map(
    ({ file, sha256 }) => `\nfile: ${file}\nsha256: ${sha256}\nrepository: ${repository}\n`,
  )
  return ok([before, ...added].join(''))
}

const HEAD = `# Repositories of OCI registries that have sources as blobs.
%rec: oci_source
%mandatory: sha256
%mandatory: repository
`
