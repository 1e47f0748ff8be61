import { join } from 'node:path'
import { isSha256 } from '../../core/digest.ts'
import type { Env } from '../../core/env.ts'
import { type Message, quoted } from '../../core/message.ts'
import { byCodeUnit } from '../../core/order.ts'
import { namesIfReadable, textIfReadable } from '../../core/readable.ts'
import { parseRecfile, type RecRecord, value, values } from '../../core/recfile.ts'
import { urlFault } from '../http/url.ts'
import { ipfsAsked, isNobody, NOBODY } from '../ipfs/asked.ts'
import { repositoryFault } from '../oci/reference.ts'
import { debianRoots, rootOf } from './apt-sources.ts'

/** Where sources may be had besides their own urls. */
export interface Mirrors {
  /** Files committed in the tree, below mirrors/files: digest → paths. */
  readonly files: Listing
  /** Digest → CIDs; empty where nobody may be asked for them. */
  readonly ipfs: Listing
  /** Digest, or `*` for any → repositories of registries, `REGISTRY/REPOSITORY`, that have it as a blob. */
  readonly oci: Listing
  /** Digest → paths below the root of a Debian archive. */
  readonly debian: Listing
  readonly debianRoots: readonly string[]
  /** Digest, or `*` for any → urls that may hold {sha256} and {file}. */
  readonly http: Listing
}

type Listing = ReadonlyMap<string, readonly string[]>

/** Reads mirrors/ of the tree, and the machine's apt sources unless $COOLPORTS_DEBIAN_MIRRORS is set (empty: no archive). */
export function loadMirrors(
  tree: string,
  env: Env,
  apt = '/etc/apt',
): { readonly mirrors: Mirrors; readonly problems: readonly Message[] } {
  const debian = readListing(tree, 'mirrors/debian', 'path', pathFault)
  const asked = env.PKG_MIRROR_IPFS === 'no' ? NOBODY : ipfsAsked(env)
  const ipfs = isNobody(asked)
    ? { listing: new Map(), problems: [] }
    : readListing(tree, 'mirrors/ipfs', 'cid', cidFault)
  const oci = readListing(tree, 'mirrors/oci', 'repository', repositoryFault)
  const http = readListing(tree, 'mirrors/http', 'url', patternFault)
  const named = env.COOLPORTS_DEBIAN_MIRRORS
  const roots =
    named === undefined ? debianRoots(aptFiles(apt)) : named.split(/\s+/).flatMap(root => rootOf(root) ?? [])
  const files = treeFiles(join(tree, 'mirrors/files'))
  return {
    mirrors: {
      files,
      ipfs: ipfs.listing,
      oci: oci.listing,
      debian: debian.listing,
      debianRoots: roots,
      http: http.listing,
    },
    problems: [...asked.problems, ...ipfs.problems, ...oci.problems, ...debian.problems, ...http.problems],
  }
}

/**
 * Reads records of `sha256: DIGEST` (or `*`) and one or more values. A bad record is left out and named. A mirror
 * that is not there, or may not be read, has nothing to offer.
 */
function readListing(
  tree: string,
  file: string,
  field: Field,
  fault: (value: string) => string | undefined,
): { readonly listing: Listing; readonly problems: readonly Message[] } {
  const { records, problems } = parseRecfile(textIfReadable(join(tree, file)) ?? '')
  const listing = new Map<string, readonly string[]>()
  const odd: Message[] = problems.map(({ line, text: found }) =>
    refusal(file, line, `${quoted(found)} is no field (NAME: VALUE)`),
  )
  for (const record of records) {
    const why = recordFault(record, field, fault)
    if (why) odd.push(refusal(file, record.line, why))
    odd.push(...unknownFields(file, record, field))
    const digest = value(record, 'sha256')
    if (why === undefined && digest !== undefined)
      listing.set(digest, [...(listing.get(digest) ?? []), ...values(record, field)])
  }
  return { listing, problems: odd }
}

type Field = 'path' | 'url' | 'cid' | 'repository'

/** Those that may stand for all sources (`*`): the others mean one file. */
const ANY_SOURCE: readonly Field[] = ['url', 'repository']

function recordFault(
  record: RecRecord,
  field: Field,
  fault: (value: string) => string | undefined,
): string | undefined {
  const digests = values(record, 'sha256')
  if (digests.length === 0) return 'the record has no sha256'
  const odd = digests.find(digest => !isSha256(digest) && !(digest === '*' && ANY_SOURCE.includes(field)))
  if (odd !== undefined) return `sha256 ${quoted(odd)} is not 64 lower-case hexadecimal digits`
  // Each source would be asked for where the other one is.
  if (digests.length > 1) return 'the record has more than one sha256: a blank line is missing between two'
  if (values(record, field).length === 0) return `the record has no ${field}`
  for (const each of values(record, field)) {
    const filled = each.replaceAll('{sha256}', 'x').replaceAll('{file}', 'x')
    const why = fault(filled)
    if (why) return `${field} ${quoted(each)} ${why}`
    if (field === 'url' && digests.includes('*') && filled === each)
      return `url ${quoted(each)} is one file for all sources: it holds neither {sha256} nor {file}`
  }
  return undefined
}

/** A word that was misspelled; the rest of the record counts. mirrors/ipfs may be another program's, with fields of its own. */
const unknownFields = (file: string, record: RecRecord, field: Field): readonly Message[] =>
  record.fields
    .filter(([name]) => field !== 'cid' && name !== field && !BESIDE.includes(name))
    .map(([name]) => ({
      cannot: `use the field ${quoted(name)} of a mirror`,
      why: `a record here has sha256 and ${field}, and for people file and source_url`,
      at: { file, line: record.line, column: 1 },
    }))

const BESIDE: readonly string[] = ['sha256', 'file', 'source_url']

/** What is left in braces would be asked for as it stands. */
function patternFault(url: string): string | undefined {
  const [unknown] = /\{[^{}]*\}/.exec(url) ?? []
  return unknown ? `holds ${unknown}, which is neither {sha256} nor {file}` : urlFault(url)
}

/** By its looks: what reads CIDs is not loaded before a source is asked for by one. */
const cidFault = (cid: string): string | undefined =>
  /^(Qm[1-9A-HJ-NP-Za-km-z]{44}|[bk][a-z0-9]{48,64})$/.test(cid) ? undefined : 'is no CID of a file'

const pathFault = (path: string): string | undefined =>
  /^[A-Za-z0-9][A-Za-z0-9+._~/-]*$/.test(path) &&
  !path.split('/').some(part => part === '..' || part === '.' || part === '')
    ? undefined
    : 'is not a plain path below the root of an archive'

/** `SHA256` or `SHA256.anything`, as committed files are named; a bundle may have both of one source. */
function treeFiles(folder: string): Listing {
  const found = new Map<string, readonly string[]>()
  for (const name of inOrder(folder)) {
    const digest = name.slice(0, 64)
    if (!isSha256(digest) || (name.length > 64 && name[64] !== '.')) continue
    found.set(digest, [...(found.get(digest) ?? []), join(folder, name)])
  }
  return found
}

function aptFiles(apt: string) {
  const parts = inOrder(join(apt, 'sources.list.d')).filter(name => /\.(list|sources)$/.test(name))
  return ['sources.list', ...parts.map(name => `sources.list.d/${name}`)].map(name => ({
    name,
    text: textIfReadable(join(apt, name)) ?? '',
  }))
}

const inOrder = (folder: string): readonly string[] => [...namesIfReadable(folder)].sort(byCodeUnit)

const refusal = (file: string, line: number, why: string): Message => ({
  cannot: 'use mirror',
  why,
  at: { file, line, column: 1 },
})
