import { isSha256, type Sha256 } from '../../core/digest.ts'
import { type Message, type Place, quoted } from '../../core/message.ts'
import { isFileName } from '../../core/name.ts'
import { parseRecfile, type RecRecord } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { urlFault } from '../http/url.ts'

/** One source that a package wants. */
export interface FetchRequest {
  readonly file: string
  readonly sha256: Sha256
  readonly urls: readonly string[]
  /** Where it is asked for. */
  readonly at: Place
}

/**
 * Reads a fetch file: recutils fields `file`, `url` (any number) and `sha256`, where `sha256`
 * ends a source even without a blank line behind it. All problems are answered, not the first.
 */
export function parseFetchFile(
  path: string,
  text: string,
): Result<readonly FetchRequest[], readonly Message[]> {
  const requests: FetchRequest[] = []
  const problems: Message[] = []
  const { records, problems: oddLines } = parseRecfile(text)
  for (const { line, text: odd } of oddLines) {
    problems.push({ ...reading(path, line), why: `${quoted(odd)} is no field (NAME: VALUE)` })
  }
  for (const draft of drafts(records)) {
    const faults = faultsOf(path, draft)
    problems.push(...faults)
    if (faults.length === 0) requests.push(requestOf(path, draft))
  }
  problems.push(...clashes(requests))
  return problems.length > 0 ? refuse(problems) : ok(requests)
}

interface Field {
  readonly name: string
  readonly value: string
  readonly line: number
}

/** The fields of one source, up to and with its sha256. */
type Draft = readonly Field[]

function drafts(records: readonly RecRecord[]): readonly Draft[] {
  const found: Draft[] = []
  for (const record of records) {
    let draft: Field[] = []
    for (const [name, value, line] of record.fields) {
      if (name.startsWith('%')) continue
      draft.push({ name, value, line })
      if (name !== 'sha256') continue
      found.push(draft)
      draft = []
    }
    if (draft.length > 0) found.push(draft)
  }
  return found
}

function faultsOf(path: string, draft: Draft): readonly Message[] {
  const faults: Message[] = []
  const fault = (field: Field | undefined, why: string): void => {
    faults.push({ ...reading(path, field?.line ?? draft[0]?.line ?? 1), why })
  }
  const files = named(draft, 'file')
  const urls = named(draft, 'url')
  const digest = named(draft, 'sha256')[0]
  if (!digest) fault(undefined, 'it has no sha256')
  else if (!isSha256(digest.value))
    fault(digest, `sha256 ${quoted(digest.value)} is not 64 lower-case hexadecimal digits`)
  for (const url of urls) {
    const why = urlFault(url.value)
    if (why) fault(url, `url ${quoted(url.value)} ${why}`)
  }
  if (files.length > 1) fault(files[1], 'it has two file names')
  if (files.length === 0 && urls.length === 0) fault(undefined, 'it has neither a url nor a file name')
  else if (!isFileName(fileName(draft))) {
    fault(
      files[0] ?? urls[0],
      `${quoted(fileName(draft))} is not a plain file name${files[0] ? '' : ': give one with file:'}`,
    )
  }
  return faults
}

function requestOf(path: string, draft: Draft): FetchRequest {
  return {
    file: fileName(draft),
    sha256: named(draft, 'sha256')[0]?.value as Sha256,
    urls: named(draft, 'url').map(({ value }) => value),
    at: { file: path, line: draft[0]?.line ?? 1, column: 1 },
  }
}

/** Two sources under one name: a build would see only one of them. */
function clashes(requests: readonly FetchRequest[]): readonly Message[] {
  return requests.flatMap((request, index) => {
    const first = requests.slice(0, index).find(({ file }) => file === request.file)
    if (!first || first.sha256 === request.sha256) return []
    return [
      {
        cannot: 'read source',
        why: `${quoted(request.file)} is already the name of the source in line ${first.at.line}`,
        at: request.at,
      },
    ]
  })
}

const named = (draft: Draft, name: string): readonly Field[] => draft.filter(field => field.name === name)

const fileName = (draft: Draft): string =>
  named(draft, 'file')[0]?.value ?? baseName(named(draft, 'url')[0]?.value ?? '')

const baseName = (url: string): string => url.replace(/[?#].*$/s, '').replace(/^.*\//s, '')

const reading = (file: string, line: number) => ({ cannot: 'read source', at: { file, line, column: 1 } })
