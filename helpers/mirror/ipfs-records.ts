import { byCodeUnit } from '../../core/order.ts'
import { parseRecfile, type RecProblem, type RecRecord, value } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** A source and its CID. */
export interface PinnedSource {
  readonly sourceUrl: string
  readonly sha256: string
  readonly cid: string
}

/**
 * The text of mirrors/ipfs with these sources among its records, ordered by url. What it says already stays
 * as it stands, with comments and descriptors at the head; a source whose CID is another one now gets it.
 * A text that is no recutils file is refused, or its oddities would be lost.
 */
export function withSources(
  text: string,
  sources: readonly PinnedSource[],
): Result<string, readonly RecProblem[]> {
  const { records, problems } = parseRecfile(text)
  if (problems.length > 0) return refuse(problems)
  const bySha256 = new Map(records.map(record => [value(record, 'sha256') ?? '', record]))
  const isThere = ({ sha256, cid }: PinnedSource): boolean => {
    const record = bySha256.get(sha256)
    return record !== undefined && value(record, 'cid') === cid
  }
  const fresh = sources.filter(source => !isThere(source))
  if (fresh.length === 0 && text !== '') return ok(text)
  const replaced = new Set(fresh.map(({ sha256 }) => sha256))
  const all = [
    ...records.filter(record => !replaced.has(value(record, 'sha256') ?? '')),
    ...fresh.map(recordOf),
  ].sort((a, b) => byCodeUnit(keyOf(a), keyOf(b)))
  return ok([headOf(text), ...all.map(formatRecord)].join('\n'))
}

const keyOf = (record: RecRecord): string =>
  `${value(record, 'source_url') ?? ''} ${value(record, 'sha256') ?? ''}`

const recordOf = ({ sourceUrl, sha256, cid }: PinnedSource): RecRecord => ({
  fields: [
    ['source_url', sourceUrl, 0],
    ['sha256', sha256, 0],
    ['cid', cid, 0],
  ],
  line: 0,
})

const formatRecord = ({ fields }: RecRecord): string =>
  fields.map(([name, text]) => `${name}: ${text.replaceAll('\n', '\n+ ')}\n`).join('')

/** All before the first record. */
function headOf(text: string): string {
  const lines = text.split('\n')
  const first = lines.findIndex(line => /^[A-Za-z]/.test(line))
  const head = (first === -1 ? lines : lines.slice(0, first)).join('\n').trimEnd()
  return head === '' ? HEAD : `${head}\n`
}

const HEAD = `# The CIDs of sources, as ipfs add gives them. Written by bin/ipfs-pin-fetch-file.
%rec: ipfs_source
%unique: sha256 cid
%mandatory: sha256 cid source_url
%allowed: sha256 cid source_url
%sort: source_url
`
