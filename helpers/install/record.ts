import { isSha256, type Sha256 } from '../../core/digest.ts'
import { entryPath } from '../../core/entry-path.ts'
import { isPackageName } from '../../core/name.ts'
import { parseRecfile, type RecRecord, value, values } from '../../core/recfile.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

/** What a package has put at a path of the root. Paths are relative to the root, with no slash at either end. */
export type Owned = OwnedFolder | OwnedFile | OwnedSymlink

/** Folders are shared; one that was `found` there when no package had it stays when the packages go. */
export interface OwnedFolder {
  readonly kind: 'folder'
  readonly path: string
  readonly found: boolean
}

export interface OwnedFile {
  readonly kind: 'file'
  readonly path: string
  readonly mode: number
  /** In bytes. */
  readonly size: number
  readonly sha256: Sha256
  /** Where the package's file stands, when an edited one keeps the path. */
  readonly beside?: string
}

export interface OwnedSymlink {
  readonly kind: 'symlink'
  readonly path: string
  readonly target: string
  readonly beside?: string
}

/** A package in a root: what its record in the database says. */
export interface Installed {
  readonly name: string
  readonly version: string
  readonly release: number
  /** Its pkghash. */
  readonly hash: Sha256
  /** The sha256 of its tar. */
  readonly tar: Sha256
  /** Whether somebody asked for it; the others were brought along. */
  readonly asked: boolean
  /** The packages that it needs to run. */
  readonly needs: readonly string[]
  /** The user who installed it, whose its files are; the owner of its record, which does not tell. */
  readonly by?: number
  /** Sorted by path. */
  readonly entries: readonly Owned[]
}

export const labelOf = ({ name, version, release }: Installed): string => `${name}-${version}-${release}`

/** The record as a recutils file: first the package, then a record for each path. */
export function recordText(one: Installed): string {
  const head = [
    '# What coolports installed here, and knows it by.',
    `name: ${one.name}`,
    `version: ${one.version}`,
    `release: ${one.release}`,
    `pkghash: ${one.hash}`,
    `tar: ${one.tar}`,
    `asked: ${one.asked ? 'yes' : 'no'}`,
    ...one.needs.map(name => `needs: ${name}`),
    '',
  ]
  return [...head, ...one.entries.flatMap(entryLines)].join('\n')
}

function entryLines(entry: Owned): readonly string[] {
  const head = [`path: ${encodedText(entry.path)}`, `kind: ${entry.kind}`]
  switch (entry.kind) {
    case 'folder':
      return [...head, ...(entry.found ? ['found: yes'] : []), '']
    case 'file':
      return [
        ...head,
        `mode: ${entry.mode.toString(8)}`,
        `size: ${entry.size}`,
        `sha256: ${entry.sha256}`,
        ...besideLine(entry),
        '',
      ]
    case 'symlink':
      return [...head, `target: ${encodedText(entry.target)}`, ...besideLine(entry), '']
  }
}

const besideLine = ({ beside }: OwnedFile | OwnedSymlink): readonly string[] =>
  beside === undefined ? [] : [`beside: ${encodedText(beside)}`]

/** What of a record is none: in which line, and why. */
export interface RecordProblem {
  readonly line: number
  readonly why: string
}

/** Reads a record, which may have been edited or damaged. */
export function parseRecord(text: string): Result<Installed, RecordProblem> {
  const { records, problems } = parseRecfile(text)
  const [bad] = problems
  if (bad) return refuse({ line: bad.line, why: 'it is no "name: value"' })
  const [head, ...rest] = records
  const one = head && parseHead(head)
  if (!one) return refuse({ line: head?.line ?? 1, why: 'it does not tell the package' })
  const entries: Owned[] = []
  let last = ''
  for (const record of rest) {
    const entry = parseEntry(record)
    if (!entry) return refuse({ line: record.line, why: 'it is not what a package can own' })
    if (entry.path <= last) return refuse({ line: record.line, why: 'its paths are not in order' })
    last = entry.path
    entries.push(entry)
  }
  return ok({ ...one, entries })
}

function parseHead(record: RecRecord): Omit<Installed, 'entries'> | undefined {
  const [name = '', version = '', hash = '', tar = '', asked] = [
    'name',
    'version',
    'pkghash',
    'tar',
    'asked',
  ].map(field => value(record, field))
  const release = wholeNumber(value(record, 'release'), 10)
  const needs = values(record, 'needs')
  if (!isPackageName(name) || !needs.every(isPackageName) || version === '' || release === undefined)
    return undefined
  if (!isSha256(hash) || !isSha256(tar) || (asked !== 'yes' && asked !== 'no')) return undefined
  return { name, version, release, hash, tar, asked: asked === 'yes', needs }
}

function parseEntry(record: RecRecord): Owned | undefined {
  const path = pathOf(record, 'path')
  if (path === undefined) return undefined
  const kind = value(record, 'kind')
  if (kind === 'folder') return { kind, path, found: value(record, 'found') === 'yes' }
  const besides = values(record, 'beside').length === 0 ? [] : [pathOf(record, 'beside')]
  if (besides.includes(undefined)) return undefined
  const [besidePath] = besides
  const beside = besidePath === undefined ? {} : { beside: besidePath }
  if (kind === 'symlink') {
    const target = decoded(value(record, 'target') ?? '')
    return target ? { kind, path, target, ...beside } : undefined
  }
  const mode = wholeNumber(value(record, 'mode'), 8)
  const size = wholeNumber(value(record, 'size'), 10)
  const sha256 = value(record, 'sha256') ?? ''
  if (kind !== 'file' || mode === undefined || mode > 0o7777 || size === undefined || !isSha256(sha256))
    return undefined
  return { kind, path, mode, size, sha256, ...beside }
}

const pathOf = (record: RecRecord, field: string): string | undefined =>
  decodedPath(value(record, field) ?? '')

/** A path that leads outside, or to the root itself, is none. */
export function decodedPath(text: string): string | undefined {
  const path = decoded(text)
  if (path === undefined || path === '') return undefined
  const plain = entryPath(path)
  return plain.ok && plain.value === path ? path : undefined
}

const wholeNumber = (text: string | undefined, base: 8 | 10): number | undefined =>
  text !== undefined && (base === 8 ? /^[0-7]{1,8}$/ : /^\d{1,15}$/).test(text)
    ? Number.parseInt(text, base)
    : undefined

/** A name in which recutils would lose something: percent signs, backslashes, white space but a blank inside. */
export const encodedText = (text: string): string => text.replace(/[%\\]|^ | $|[^\S ]/gu, encodeURIComponent)

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
